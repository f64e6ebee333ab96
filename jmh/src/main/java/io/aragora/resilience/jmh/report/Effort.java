package io.aragora.resilience.jmh.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** The extent and duration of a run. */
enum Effort {
  /** Whether every benchmark runs at all. */
  SMOKE(1, 1, 1, 50, false),
  /** Only the figures of the claims, in five minutes. */
  FIVE_MINUTES(1, 4, 5, 120, true),
  /** All benchmarks, in about nine minutes, for publication. */
  QUICK(1, 3, 4, 200, false),
  /** All benchmarks, in about two hours. Each has five forks, so that an outlier does not matter. */
  NIGHTLY(5, 5, 5, 500, false);

  private final int forks;
  private final int warmups;
  private final int measurements;
  private final int millis;
  private final boolean claimsOnly;

  Effort(int forks, int warmups, int measurements, int millis, boolean claimsOnly) {
    this.forks = forks;
    this.warmups = warmups;
    this.measurements = measurements;
    this.millis = millis;
    this.claimsOnly = claimsOnly;
  }

  static Effort of(String name) {
    return Arrays.stream(values())
        .filter(effort -> effort.title().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("form must be one of "
            + Arrays.stream(values()).map(Effort::title).collect(Collectors.joining(", ")) + ": "
            + name));
  }

  /** Whether only the benchmarks of claims run. */
  boolean isClaimsOnly() {
    return claimsOnly;
  }

  ChainedOptionsBuilder spend(ChainedOptionsBuilder options) {
    return options
        .forks(forks)
        .warmupIterations(warmups)
        .warmupTime(TimeValue.milliseconds(millis))
        .measurementIterations(measurements)
        .measurementTime(TimeValue.milliseconds(millis));
  }

  private String title() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return title() + ": " + forks + (forks == 1 ? " fork of " : " forks of ") + measurements
        + " × " + millis + " ms, after " + warmups + " × " + millis + " ms of warm-up"
        + (this == SMOKE ? "; **these figures mean nothing**" : "");
  }
}
