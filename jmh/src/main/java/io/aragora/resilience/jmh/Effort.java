package io.aragora.resilience.jmh;

import java.util.Locale;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** How long is measured. */
enum Effort {
  /** Whether every benchmark runs at all. */
  SMOKE(1, 1, 1, 50),
  /** About five minutes: good for a first look. */
  QUICK(1, 3, 4, 200),
  /** About half an hour: what is published. */
  FULL(2, 4, 5, 800);

  private final int forks;
  private final int warmups;
  private final int measurements;
  private final int millis;

  Effort(int forks, int warmups, int measurements, int millis) {
    this.forks = forks;
    this.warmups = warmups;
    this.measurements = measurements;
    this.millis = millis;
  }

  static Effort of(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  ChainedOptionsBuilder spend(ChainedOptionsBuilder options) {
    return options
        .forks(forks)
        .warmupIterations(warmups)
        .warmupTime(TimeValue.milliseconds(millis))
        .measurementIterations(measurements)
        .measurementTime(TimeValue.milliseconds(millis));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT) + ": " + forks
        + (forks == 1 ? " fork of " : " forks of ") + measurements + " × " + millis + " ms, after "
        + warmups + " × " + millis + " ms of warm-up"
        + (this == SMOKE ? "; **these figures mean nothing**" : "");
  }
}
