package io.aragora.resilience.health;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Knows how well a component is by what its users report. A number of failures in a row makes it unhealthy, a number of
 * successes in a row healthy again ({@link HealthTrackerConfig}). It is {@link HealthStatus#UNKNOWN} until the first
 * success, or until the failures are enough.
 *
 * <p>Thread-safe. A report takes a short lock, and runs no foreign code under it.
 */
public interface HealthTracker {
  /**
   * Names the component.
   *
   * @return the name
   */
  String name();

  /**
   * Gives the settings.
   *
   * @return the settings
   */
  HealthTrackerConfig config();

  /** Reports that the component did its work. */
  void recordSuccess();

  /**
   * Reports that the component did its work.
   *
   * @param latency how long it took; not negative, at most 365 days
   * @throws IllegalArgumentException if the latency is outside
   */
  void recordSuccess(Duration latency);

  /**
   * Reports that the component failed.
   *
   * @param error what happened; null where there is nothing to say, which leaves the last error as it is
   */
  void recordFailure(@Nullable String error);

  /**
   * Reports that the component failed.
   *
   * @param error what happened; null where there is nothing to say, which leaves the last error as it is
   * @param latency how long that took; not negative, at most 365 days
   * @throws IllegalArgumentException if the latency is outside
   */
  void recordFailure(@Nullable String error, Duration latency);

  /**
   * Notes something to be shown with the component.
   *
   * @param key not blank; at most 100 keys
   * @param value as {@link HealthDetails} takes it; null takes the key away
   * @throws IllegalArgumentException if the key is blank, the value too large, or the key one too many
   */
  void setMetadata(String key, @Nullable Object value);

  /** Forgets everything that was reported and noted, as if the tracker were new. */
  void reset();

  /**
   * Gives everything that there is to know about this instant.
   *
   * @return a snapshot
   */
  HealthTrackerSnapshot snapshot();
}
