package io.aragora.resilience.health;

import java.time.Duration;
import java.util.Objects;

/**
 * What one check found.
 *
 * @param status how well
 * @param detail one line about it, empty where there is nothing to say
 * @param duration how long the check took
 */
public record HealthResult(HealthStatus status, String detail, Duration duration) {
  /**
   * Checks that nothing is missing.
   *
   * @param status how well
   * @param detail one line about it, empty where there is nothing to say
   * @param duration how long the check took
   */
  public HealthResult {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(detail, "detail");
    Objects.requireNonNull(duration, "duration");
  }

  /**
   * Makes a good result.
   *
   * @return healthy, nothing to say
   */
  public static HealthResult healthy() {
    return of(HealthStatus.HEALTHY, "");
  }

  /**
   * Makes a result; the engine measures the duration.
   *
   * @param status how well
   * @param detail one line about it
   * @return the result
   */
  public static HealthResult of(HealthStatus status, String detail) {
    return new HealthResult(status, detail, Duration.ZERO);
  }
}
