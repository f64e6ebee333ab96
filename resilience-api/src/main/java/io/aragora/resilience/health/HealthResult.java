package io.aragora.resilience.health;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one check found, or what is known of a tracker. A check makes it by {@link #healthy()} or {@link #of}; durations and
 * times are filled in by who runs it.
 *
 * @param status how well
 * @param detail one line about it, empty where there is nothing to say; cut after {@value HealthDetails#MAX_TEXT} characters
 * @param duration how long the check took; of a tracker, the mean latency
 * @param since when the status became this one; null where that is not known
 * @param details more about it, as {@link HealthDetails} takes it; unmodifiable, often empty
 */
public record HealthResult(
    HealthStatus status,
    String detail,
    Duration duration,
    @Nullable Instant since,
    Map<String, Object> details) {
  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * Copies the details.
   *
   * @param status how well
   * @param detail one line about it, empty where there is nothing to say
   * @param duration how long the check took
   * @param since when the status became this one; null where that is not known
   * @param details more about it
   * @throws IllegalArgumentException if there are too many details
   */
  public HealthResult {
    Objects.requireNonNull(status, "status");
    detail = HealthDetails.shortened(detail);
    Objects.requireNonNull(duration, "duration");
    details = HealthDetails.copyOf(details);
  }

  /**
   * Makes a result without details.
   *
   * @param status how well
   * @param detail one line about it, empty where there is nothing to say
   * @param duration how long the check took
   */
  public HealthResult(HealthStatus status, String detail, Duration duration) {
    this(status, detail, duration, null, Map.of());
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

  /**
   * Says more.
   *
   * @param more as {@link HealthDetails} takes it; in place of the details so far
   * @return a copy with these details
   * @throws IllegalArgumentException if there are too many
   */
  public HealthResult withDetails(Map<String, ?> more) {
    return new HealthResult(status, detail, duration, since, HealthDetails.copyOf(more));
  }

  /**
   * Gives all of it by name: {@code status}, {@code detail}, {@code duration_ms}, and, where there are any, {@code since} (in
   * ISO 8601) and {@code details}.
   *
   * @return three to five entries, in this order
   */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("status", status.text());
    map.put("detail", detail);
    map.put("duration_ms", duration.toNanos() / NANOS_PER_MILLI);
    Instant known = since;
    if (known != null) {
      map.put("since", known.toString());
    }
    if (!details.isEmpty()) {
      map.put("details", details);
    }
    return map;
  }
}
