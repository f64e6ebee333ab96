package io.aragora.resilience.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Some lives with each build; {@code -Dsimulation.seeds} sets how many. */
class SimulationTest {
  @Test
  void lives_ofTheFirstSeeds_violateNothing() {
    assertThat(Simulation.run(1, Long.getLong("simulation.seeds", 300), Long.MAX_VALUE, System.out))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 425, 884, 1409})
  void life_runAgain_isTheSame(long seed) {
    Life.Result first = Life.run(Plan.of(seed), true);
    Life.Result second = Life.run(Plan.of(seed), true);
    assertThat(second.lines()).isEqualTo(first.lines()).isNotEmpty();
    assertThat(second.steps()).isEqualTo(first.steps());
  }
}
