package io.aragora.resilience.jmh.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.jmh.simulation.Scenario.Change;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shipped limit against a simulated service. {@code -Dsimulation.seeds} sets how many seeds each scenario has. */
class SimulatedLimitTest {
  private static final double BASE_MILLIS =
      10 * Math.log(10); // the 90th percentile of a service without a queue
  private static final Scenario OVERLOADED = Scenario.overloaded(32, 10, 2, 600);

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("simulation.seeds", 3));
  }

  private static List<Second> run(Scenario scenario, long seed) {
    return run(scenario, Contestant.config(), seed);
  }

  private static List<Second> run(Scenario scenario, ConcurrencyLimitConfig config, long seed) {
    try (OurLimiter limiter = new OurLimiter(config, seed)) {
      return Simulation.run(scenario, limiter, seed);
    }
  }

  private static double served(List<Second> run, int from, int to) {
    return run.subList(from, to).stream().mapToInt(Second::served).average().orElseThrow();
  }

  private static double medianLimit(List<Second> run, int from, int to) {
    return Simulations.median(run.subList(0, to), from, Second::limit);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("CL-23")
  void lastingOverload_limitStays(long seed) {
    List<Second> run = run(OVERLOADED, seed);

    assertThat(run.subList(60, 600)).allSatisfy(second -> {
      if (!second.looks()) {
        assertThat(second.limit()).isBetween(32.0, 96.0);
      }
    });
    double early = medianLimit(run, 60, 120);
    assertThat(medianLimit(run, 540, 600)).isBetween(0.9 * early, 1.1 * early);
    assertThat(served(run, 60, 600)).isGreaterThan(0.95 * 3200);
  }

  @Test
  @Tag("CL-23")
  void sameSeed_sameRun() {
    Scenario scenario = Scenario.overloaded(32, 10, 2, 90);

    assertThat(run(scenario, 7)).isEqualTo(run(scenario, 7)).isNotEqualTo(run(scenario, 8));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("CL-24")
  void halfOfTheServersGone_limitFollows(long seed) {
    List<Second> run = run(
        Scenario.overloaded(32, 10, 2, 240).with(new Change(60, 16, 10), new Change(120, 32, 10)),
        seed);

    assertThat(served(run, 90, 120)).isGreaterThan(0.95 * 1600);
    assertThat(run.subList(90, 120))
        .allSatisfy(second -> assertThat(second.p90Millis()).isLessThan(2 * second.baseMillis()));
    assertThat(served(run, 150, 240)).isGreaterThan(0.95 * 3200);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("CL-29")
  void overloadedFromTheFirstCall_baseIsRepaired(long seed) {
    List<Second> run = run(Scenario.overloaded(8, 10, 2, 420), seed);

    assertThat(run.get(299).baseMillis()).isLessThan(1.4 * BASE_MILLIS);
    assertThat(run.subList(300, 420))
        .allSatisfy(second -> assertThat(second.limit()).isLessThan(5 * 8));
    assertThat(served(run, 300, 420)).isGreaterThan(0.95 * 800);
  }

  @ParameterizedTest
  @ValueSource(doubles = {1.2, 2, 3, 10})
  @Tag("CL-29")
  void overloadedFromTheFirstCall_anyTolerance_baseIsRepaired(double tolerance) {
    List<Second> run = run(
        Scenario.overloaded(8, 10, 2, 420),
        Contestant.config().toBuilder().tolerance(tolerance).build(),
        1);

    assertThat(run.get(299).baseMillis()).isLessThan(1.5 * BASE_MILLIS);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  @Tag("CL-30")
  void slowerForGood_baseIsLearntAnew(long seed) {
    Scenario scenario = Scenario.overloaded(32, 10, 2, 240).with(new Change(60, 32, 30));
    try (OurLimiter limiter = new OurLimiter(Contestant.config(), seed)) {
      List<Second> run = Simulation.run(scenario, limiter, seed);

      assertThat(limiter.relearnedNanos())
          .first()
          .satisfies(nanos -> assertThat(nanos / 1e9).isBetween(60.0, 110.0));
      assertThat(served(run, 130, 240)).isGreaterThan(0.95 * 1067);
    }
  }

  /** Windows have few samples, or last not much longer than calls. */
  @ParameterizedTest
  @CsvSource({"100, 160", "300, 160", "1000, 160", "3000, 160", "10000, 320"})
  void slowService_baseIsNotLostByChance(double millis, double most) {
    seeds().forEach(seed -> {
      List<Second> run = run(Scenario.overloaded(32, millis, 2, 1800), seed);

      assertThat(served(run, 600, 1800)).as("seed %s", seed).isGreaterThan(0.9 * 32_000 / millis);
      assertThat(medianLimit(run, 600, 1800)).as("seed %s", seed).isBetween(32.0, most);
    });
  }

  @Test
  void light_limitRejectsNothing() {
    List<Second> run = run(Scenario.overloaded(32, 10, 0.8, 120), 1);

    assertThat(run.subList(10, 120))
        .allSatisfy(second -> assertThat(second.rejected()).isZero());
  }
}
