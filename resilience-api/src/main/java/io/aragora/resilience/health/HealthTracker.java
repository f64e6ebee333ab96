package io.aragora.resilience.health;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The health of a component, derived from the reports of its users. A number of consecutive failures makes it unhealthy,
 * a number of consecutive successes healthy again ({@link HealthTrackerConfig}). It is {@link HealthStatus#UNKNOWN}
 * until the first success, or until the failures reach the threshold.
 *
 * <p>Thread-safe. A report takes a short lock, and runs no foreign code under it.
 */
public interface HealthTracker {
  /** {@return the name of the component} */
  String name();

  /** {@return the config} */
  HealthTrackerConfig config();

  /** Reports a success of the component. */
  void recordSuccess();

  /**
   * Reports a success of the component.
   *
   * @param latency its duration; not negative, at most 106,751 days
   * @throws IllegalArgumentException if {@code latency} is negative or exceeds 106,751 days
   */
  void recordSuccess(Duration latency);

  /**
   * Reports a failure of the component.
   *
   * @param error the error; null leaves the last error unchanged
   */
  void recordFailure(@Nullable String error);

  /**
   * Reports a failure of the component.
   *
   * @param error the error; null leaves the last error unchanged
   * @param latency its duration; not negative, at most 106,751 days
   * @throws IllegalArgumentException if {@code latency} is negative or exceeds 106,751 days
   */
  void recordFailure(@Nullable String error, Duration latency);

  /**
   * Sets a metadata entry, which reports show with the component.
   *
   * @param key not blank; at most 100 keys
   * @param value a value that {@link HealthDetails} accepts; null removes the key
   * @throws IllegalArgumentException if {@code key} is blank, {@code value} is too large, or there are already 100
   *     other keys
   */
  void setMetadata(String key, @Nullable Object value);

  /** Removes all reports and metadata, as if the tracker were new. */
  void reset();

  /** {@return an immutable snapshot of this tracker} */
  HealthTrackerSnapshot snapshot();
}
