package io.aragora.resilience.health;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tracker at one instant.
 *
 * @param status how well the component is
 * @param since when the status became this one
 * @param lastCheck when the last report came; before the first, when the tracker was made or reset
 * @param consecutiveFailures failures since the last success
 * @param consecutiveSuccesses successes since the last failure
 * @param lastError the last error that was reported since the component last recovered, if it ever did; null where none was. A
 *     success does not clear it while the component is healthy, a recovery does
 * @param lastErrorAt when that was; null where there is none
 * @param meanLatency mean of the latencies in the window; null where there are none
 * @param maxLatency the largest of them; null where there are none
 * @param metadata what was noted; unmodifiable
 */
public record HealthTrackerSnapshot(
    HealthStatus status,
    Instant since,
    Instant lastCheck,
    long consecutiveFailures,
    long consecutiveSuccesses,
    @Nullable String lastError,
    @Nullable Instant lastErrorAt,
    @Nullable Duration meanLatency,
    @Nullable Duration maxLatency,
    Map<String, Object> metadata) {
  private static final double NANOS_PER_MILLI = 1e6;

  /**
   * Copies the metadata.
   *
   * @param status how well the component is
   * @param since when the status became this one
   * @param lastCheck when the last report came
   * @param consecutiveFailures failures since the last success
   * @param consecutiveSuccesses successes since the last failure
   * @param lastError the last error that was reported; null where none was
   * @param lastErrorAt when that was; null where there is none
   * @param meanLatency mean of the latencies in the window; null where there are none
   * @param maxLatency the largest of them; null where there are none
   * @param metadata what was noted
   * @throws IllegalArgumentException if there is too much metadata
   */
  public HealthTrackerSnapshot {
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(since, "since");
    Objects.requireNonNull(lastCheck, "lastCheck");
    metadata = HealthDetails.copyOf(metadata);
  }

  /**
   * Makes a snapshot of which no more is known.
   *
   * @param healthy whether the component is healthy
   * @param lastCheck when that was found
   * @return a snapshot without failures, error, latencies and metadata
   */
  public static HealthTrackerSnapshot of(boolean healthy, Instant lastCheck) {
    return new HealthTrackerSnapshot(
        healthy ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY,
        lastCheck,
        lastCheck,
        0,
        0,
        null,
        null,
        null,
        null,
        Map.of());
  }

  /**
   * Tells whether the component is not known to fail.
   *
   * @return whether the status {@linkplain HealthStatus#isServing() serves}
   */
  public boolean isHealthy() {
    return status.isServing();
  }

  /**
   * Gives all of it by name: {@code healthy}, {@code last_check}, {@code consecutive_failures}, {@code last_error}, {@code
   * latency_ms} and {@code metadata}; then {@code status}, {@code since}, {@code consecutive_successes}, {@code
   * last_error_at} and {@code latency_max_ms}. Times are in ISO 8601; an entry is null where there is no value.
   *
   * @return eleven entries, in this order
   */
  @SuppressWarnings("NullAway") // the values that are null say that there is none
  public Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("healthy", isHealthy());
    map.put("last_check", lastCheck.toString());
    map.put("consecutive_failures", consecutiveFailures);
    map.put("last_error", lastError);
    map.put("latency_ms", millis(meanLatency));
    map.put("metadata", metadata);
    map.put("status", status.text());
    map.put("since", since.toString());
    map.put("consecutive_successes", consecutiveSuccesses);
    map.put("last_error_at", lastErrorAt == null ? null : lastErrorAt.toString());
    map.put("latency_max_ms", millis(maxLatency));
    return map;
  }

  /**
   * Reads what {@link #toMap} gave, as it came through any format, and what the reference package wrote, which has the first
   * six entries only.
   *
   * @param map the entries; {@code healthy} and {@code last_check} have to be there, unknown ones are not looked at. Times are
   *     texts in ISO 8601, with an offset, or {@link Instant}s
   * @return the snapshot
   * @throws IllegalArgumentException if an entry is missing, or has the wrong type; names the entry and the value
   */
  public static HealthTrackerSnapshot fromMap(Map<String, ?> map) {
    boolean healthy = required(map, "healthy", Boolean.class);
    Instant lastCheck = instant("last_check", required(map, "last_check", Object.class));
    Object since = map.get("since");
    Object lastErrorAt = map.get("last_error_at");
    return new HealthTrackerSnapshot(
        status(optional(map, "status", String.class), healthy),
        since == null ? lastCheck : instant("since", since),
        lastCheck,
        count(map, "consecutive_failures"),
        count(map, "consecutive_successes"),
        optional(map, "last_error", String.class),
        lastErrorAt == null ? null : instant("last_error_at", lastErrorAt),
        latency(map, "latency_ms"),
        latency(map, "latency_max_ms"),
        metadata(optional(map, "metadata", Map.class)));
  }

  private static HealthStatus status(@Nullable String text, boolean healthy) {
    if (text == null) {
      return healthy ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY;
    }
    for (HealthStatus status : HealthStatus.values()) {
      if (status.text().equals(text.toLowerCase(Locale.ROOT))) {
        return status;
      }
    }
    throw wrong("status", "one of healthy, unknown, degraded, unhealthy, critical", text);
  }

  private static Map<String, Object> metadata(@Nullable Map<?, ?> map) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    if (map != null) {
      map.forEach((key, value) -> {
        if (value != null) {
          metadata.put(String.valueOf(key), value);
        }
      });
    }
    return metadata;
  }

  private static Instant instant(String key, Object value) {
    if (value instanceof Instant instant) {
      return instant;
    }
    if (value instanceof OffsetDateTime time) {
      return time.toInstant();
    }
    try {
      return OffsetDateTime.parse(value.toString()).toInstant();
    } catch (DateTimeException e) {
      throw wrong(key, "a time in ISO 8601 with an offset", value);
    }
  }

  private static @Nullable Duration latency(Map<String, ?> map, String key) {
    Number millis = optional(map, key, Number.class);
    if (millis == null) {
      return null;
    }
    double nanos = millis.doubleValue() * NANOS_PER_MILLI;
    if (!(nanos >= 0 && nanos <= Long.MAX_VALUE)) {
      throw wrong(key, "milliseconds, not negative", millis);
    }
    return Duration.ofNanos(Math.round(nanos));
  }

  private static long count(Map<String, ?> map, String key) {
    Number count = optional(map, key, Number.class);
    if (count != null && count.longValue() < 0) {
      throw wrong(key, "at least 0", count);
    }
    return count == null ? 0 : count.longValue();
  }

  private static <T> T required(Map<String, ?> map, String key, Class<T> type) {
    T value = optional(map, key, type);
    if (value == null) {
      throw new IllegalArgumentException(key + " must be there: " + map.keySet());
    }
    return value;
  }

  private static <T> @Nullable T optional(Map<String, ?> map, String key, Class<T> type) {
    Object value = map.get(key);
    if (value != null && !type.isInstance(value)) {
      throw wrong(key, "a " + type.getSimpleName(), value);
    }
    return type.cast(value);
  }

  private static IllegalArgumentException wrong(String key, String rule, Object value) {
    return new IllegalArgumentException(key + " must be " + rule + ": " + value);
  }

  private static @Nullable Double millis(@Nullable Duration duration) {
    return duration == null ? null : duration.toNanos() / NANOS_PER_MILLI;
  }
}
