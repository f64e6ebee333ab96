package io.aragora.resilience.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Some lives with each build; {@code -Dsimulation.seeds} sets how many. */
class SimulationTest {
  @Test
  void lives_ofTheFirstSeeds_violateNothing() {
    assertThat(Simulation.run(1, Long.getLong("simulation.seeds", 300), Long.MAX_VALUE, System.out))
        .isNull();
  }

  /** Forty lives, and some that once were two. */
  static LongStream seeds() {
    return LongStream.concat(LongStream.rangeClosed(1, 40), LongStream.of(425, 884, 1409));
  }

  @Test
  void seeds_together_haveEveryFormOfCall() {
    List<Plan> plans = seeds().mapToObj(Plan::of).toList();
    Set<Plan.Kind> kinds = EnumSet.noneOf(Plan.Kind.class);
    plans.forEach(plan -> plan.stacks()
        .forEach(stack -> stack.policies().forEach(policy -> kinds.add(policy.kind()))));
    assertThat(kinds).containsExactlyInAnyOrder(Plan.Kind.values());
    assertThat(plans)
        .anyMatch(Plan::hasReader)
        .anyMatch(plan -> plan.stacks().stream().anyMatch(Annotated::isAnnotated));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void life_runAgain_isTheSame(long seed) {
    Life.Result first = Life.run(Plan.of(seed), true);
    Life.Result second = Life.run(Plan.of(seed), true);
    assertThat(second.lines()).isEqualTo(first.lines()).isNotEmpty();
    assertThat(second.steps()).isEqualTo(first.steps());
  }
}
