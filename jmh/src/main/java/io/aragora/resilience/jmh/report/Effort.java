package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.LongOperations;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The extent and duration of a run. */
enum Effort {
  /** Whether every benchmark runs at all, in this virtual machine, each with one value of its parameters. */
  SMOKE(1, 0, 1, 1),
  /** What the budgets need, without the peers that no budget names, in five minutes. */
  QUICK(3, 4, 4, 60),
  /** Everything that a claim shows, peers included, in twenty minutes; for publication. */
  NIGHTLY(3, 4, 4, 60);

  private final int rounds;
  private final int warmups;
  private final int measurements;
  private final int millis;

  Effort(int rounds, int warmups, int measurements, int millis) {
    this.rounds = rounds;
    this.warmups = warmups;
    this.measurements = measurements;
    this.millis = millis;
  }

  static Effort of(String name) {
    return Arrays.stream(values())
        .filter(effort -> effort.title().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("form must be one of "
            + Arrays.stream(values()).map(Effort::title).collect(Collectors.joining(", ")) + ": "
            + name));
  }

  /** How often each benchmark is measured, each time in a fork of its own. */
  int rounds() {
    return rounds;
  }

  /** Whether benchmarks that no budget needs are left out. */
  boolean isOfBudgets() {
    return this == QUICK;
  }

  /** Whether only the first value of each parameter is measured, and only one thread. */
  boolean isOfFirstValues() {
    return this == SMOKE;
  }

  /** Sets forks and iterations. */
  ChainedOptionsBuilder spend(ChainedOptionsBuilder options, Class<?> benchmarks) {
    options
        .forks(this == SMOKE ? 0 : 1)
        .measurementIterations(measurements)
        .measurementTime(TimeValue.milliseconds(millis));
    if (this != SMOKE && benchmarks.isAnnotationPresent(LongOperations.class)) {
      return options;
    }
    return options.warmupIterations(warmups).warmupTime(TimeValue.milliseconds(millis));
  }

  private String title() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    if (this == SMOKE) {
      return title() + ": one iteration without warm-up; **these figures mean nothing**";
    }
    return title() + ": " + rounds + " forks of " + measurements + " × " + millis + " ms, after "
        + warmups + " × " + millis + " ms of warm-up";
  }
}
