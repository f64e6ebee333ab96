package io.aragora.resilience.health;

import io.aragora.resilience.internal.OneLine;
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
 * A tracker at one instant. Immutable and thread-safe.
 */
public final class HealthTrackerSnapshot {
  private static final double NANOS_PER_MILLI = 1e6;

  private final HealthStatus status;
  private final Instant since;
  private final Instant lastCheck;
  private final long consecutiveFailures;
  private final long consecutiveSuccesses;
  private final @Nullable String lastError;
  private final @Nullable Instant lastErrorAt;
  private final @Nullable Duration meanLatency;
  private final @Nullable Duration maxLatency;
  private final Map<String, Object> metadata;

  private HealthTrackerSnapshot(Builder builder) {
    this.status = Objects.requireNonNull(builder.status, "status");
    this.since = Objects.requireNonNull(builder.since, "since");
    this.lastCheck = Objects.requireNonNull(builder.lastCheck, "lastCheck");
    this.consecutiveFailures = builder.consecutiveFailures;
    this.consecutiveSuccesses = builder.consecutiveSuccesses;
    this.lastError = builder.lastError;
    this.lastErrorAt = builder.lastErrorAt;
    this.meanLatency = builder.meanLatency;
    this.maxLatency = builder.maxLatency;
    this.metadata = HealthDetails.copyOf(builder.metadata);
  }

  /**
   * Creates a builder.
   *
   * @param status the status of the component
   * @param lastCheck the time of the last report
   * @return a new builder
   */
  public static Builder builder(HealthStatus status, Instant lastCheck) {
    return new Builder(status, lastCheck);
  }

  /** {@return the status of the component} */
  public HealthStatus status() {
    return status;
  }

  /** {@return the time of the last status change} */
  public Instant since() {
    return since;
  }

  /** {@return the time of the last report; before the first, the time at which the tracker was created or reset} */
  public Instant lastCheck() {
    return lastCheck;
  }

  /** {@return the number of failures since the last success} */
  public long consecutiveFailures() {
    return consecutiveFailures;
  }

  /** {@return the number of successes since the last failure} */
  public long consecutiveSuccesses() {
    return consecutiveSuccesses;
  }

  /**
   * {@return the last error since the component last recovered; null if there was none. A recovery clears it; a success
   * of a healthy component does not}
   */
  public @Nullable String lastError() {
    return lastError;
  }

  /** {@return the time of the last error; null if there is none} */
  public @Nullable Instant lastErrorAt() {
    return lastErrorAt;
  }

  /** {@return the mean of the latencies in the window; null if the window is empty} */
  public @Nullable Duration meanLatency() {
    return meanLatency;
  }

  /** {@return the largest latency in the window; null if the window is empty} */
  public @Nullable Duration maxLatency() {
    return maxLatency;
  }

  /** {@return the metadata of the component; unmodifiable} */
  public Map<String, Object> metadata() {
    return metadata;
  }

  /**
   * Creates a snapshot with a status and a time only.
   *
   * @param healthy whether the component is healthy
   * @param lastCheck the time of the check
   * @return a snapshot without failures, error, latencies and metadata
   */
  public static HealthTrackerSnapshot of(boolean healthy, Instant lastCheck) {
    return HealthTrackerSnapshot.builder(
            healthy ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY, lastCheck)
        .build();
  }

  /** {@return whether the status {@linkplain HealthStatus#isServing() serves}} */
  public boolean isHealthy() {
    return status.isServing();
  }

  /**
   * Returns all values by name: {@code healthy}, {@code last_check}, {@code consecutive_failures}, {@code last_error},
   * {@code latency_ms} and {@code metadata}; then {@code status}, {@code since}, {@code consecutive_successes}, {@code
   * last_error_at} and {@code latency_max_ms}. Times are in ISO 8601; an entry is null if there is no value.
   *
   * @return eleven entries, in this order
   */
  @SuppressWarnings("NullAway") // null stands for a missing value
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
   * Creates a snapshot from the entries of {@link #toMap}, also after a round trip through a text format, and from those
   * of the reference package, which has the first six only.
   *
   * @param map the entries; {@code healthy} and {@code last_check} are required, unknown ones are ignored. Times are
   *     texts in ISO 8601, with an offset, or {@link Instant}s
   * @return the snapshot
   * @throws IllegalArgumentException if an entry is missing or has the wrong type; the message names the entry and
   *     the value
   */
  public static HealthTrackerSnapshot fromMap(Map<String, ?> map) {
    boolean healthy = required(map, "healthy", Boolean.class);
    Instant lastCheck = instant("last_check", required(map, "last_check", Object.class));
    Object since = map.get("since");
    Object lastErrorAt = map.get("last_error_at");
    return HealthTrackerSnapshot.builder(
            status(optional(map, "status", String.class), healthy), lastCheck)
        .since(since == null ? lastCheck : instant("since", since))
        .consecutiveFailures(count(map, "consecutive_failures"))
        .consecutiveSuccesses(count(map, "consecutive_successes"))
        .lastError(optional(map, "last_error", String.class))
        .lastErrorAt(lastErrorAt == null ? null : instant("last_error_at", lastErrorAt))
        .meanLatency(latency(map, "latency_ms"))
        .maxLatency(latency(map, "latency_max_ms"))
        .metadata(metadata(optional(map, "metadata", Map.class)))
        .build();
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
    if (count == null) {
      return 0;
    }
    long whole = count.longValue();
    if (whole < 0 || whole != count.doubleValue()) {
      throw wrong(key, "a whole number, at least 0", count);
    }
    return whole;
  }

  private static <T> T required(Map<String, ?> map, String key, Class<T> type) {
    T value = optional(map, key, type);
    if (value == null) {
      throw new IllegalArgumentException(
          key + " must be there: " + OneLine.of(map.keySet().toString(), 100));
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
    return new IllegalArgumentException(
        key + " must be " + rule + ": " + OneLine.of(String.valueOf(value), 100));
  }

  private static @Nullable Double millis(@Nullable Duration duration) {
    return duration == null ? null : duration.toNanos() / NANOS_PER_MILLI;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HealthTrackerSnapshot that
        && status.equals(that.status)
        && since.equals(that.since)
        && lastCheck.equals(that.lastCheck)
        && consecutiveFailures == that.consecutiveFailures
        && consecutiveSuccesses == that.consecutiveSuccesses
        && Objects.equals(lastError, that.lastError)
        && Objects.equals(lastErrorAt, that.lastErrorAt)
        && Objects.equals(meanLatency, that.meanLatency)
        && Objects.equals(maxLatency, that.maxLatency)
        && metadata.equals(that.metadata);
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        status,
        since,
        lastCheck,
        consecutiveFailures,
        consecutiveSuccesses,
        lastError,
        lastErrorAt,
        meanLatency,
        maxLatency,
        metadata);
  }

  @Override
  public String toString() {
    return "HealthTrackerSnapshot[status=" + status + ", since=" + since + ", lastCheck="
        + lastCheck + ", consecutiveFailures=" + consecutiveFailures + ", consecutiveSuccesses="
        + consecutiveSuccesses + ", lastError=" + lastError + ", lastErrorAt=" + lastErrorAt
        + ", meanLatency=" + meanLatency + ", maxLatency=" + maxLatency + ", metadata=" + metadata
        + "]";
  }

  /** Builds a {@link HealthTrackerSnapshot}. Not thread-safe. */
  public static final class Builder {
    private final HealthStatus status;
    private Instant since;
    private final Instant lastCheck;
    private long consecutiveFailures;
    private long consecutiveSuccesses;
    private @Nullable String lastError;
    private @Nullable Instant lastErrorAt;
    private @Nullable Duration meanLatency;
    private @Nullable Duration maxLatency;
    private Map<String, Object> metadata = Map.of();

    private Builder(HealthStatus status, Instant lastCheck) {
      this.status = status;
      this.lastCheck = lastCheck;
      this.since = lastCheck;
    }

    /** Sets {@link HealthTrackerSnapshot#since()}. Default the last check. */
    public Builder since(Instant since) {
      this.since = since;
      return this;
    }

    /** Sets {@link HealthTrackerSnapshot#consecutiveFailures()}. Default 0. */
    public Builder consecutiveFailures(long consecutiveFailures) {
      this.consecutiveFailures = consecutiveFailures;
      return this;
    }

    /** Sets {@link HealthTrackerSnapshot#consecutiveSuccesses()}. Default 0. */
    public Builder consecutiveSuccesses(long consecutiveSuccesses) {
      this.consecutiveSuccesses = consecutiveSuccesses;
      return this;
    }

    /** Sets {@link HealthTrackerSnapshot#lastError()}. Default none. */
    public Builder lastError(@Nullable String lastError) {
      this.lastError = lastError;
      return this;
    }

    /** Sets {@link HealthTrackerSnapshot#lastErrorAt()}. Default none. */
    public Builder lastErrorAt(@Nullable Instant lastErrorAt) {
      this.lastErrorAt = lastErrorAt;
      return this;
    }

    /** Sets {@link HealthTrackerSnapshot#meanLatency()}. Default none. */
    public Builder meanLatency(@Nullable Duration meanLatency) {
      this.meanLatency = meanLatency;
      return this;
    }

    /** Sets {@link HealthTrackerSnapshot#maxLatency()}. Default none. */
    public Builder maxLatency(@Nullable Duration maxLatency) {
      this.maxLatency = maxLatency;
      return this;
    }

    /** Sets {@link HealthTrackerSnapshot#metadata()}. Default empty. */
    public Builder metadata(Map<String, Object> metadata) {
      this.metadata = metadata;
      return this;
    }

    /**
     * Builds the value.
     *
     * @return an immutable object
     * @throws IllegalArgumentException if there is more {@code metadata} than {@link HealthDetails} allows
     */
    public HealthTrackerSnapshot build() {
      return new HealthTrackerSnapshot(this);
    }
  }
}
