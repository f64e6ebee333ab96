package io.aragora.resilience.health;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The result of one check, or the status of a tracker. A check creates it with {@link #healthy()} or {@link #of}; the
 * registry fills in durations and times. Immutable and thread-safe.
 */
public final class HealthResult {
  private static final double NANOS_PER_MILLI = 1e6;

  private final HealthStatus status;
  private final String detail;
  private final Duration duration;
  private final @Nullable Instant since;
  private final Map<String, Object> details;

  private HealthResult(Builder builder) {
    this.status = Objects.requireNonNull(builder.status, "status");
    this.detail = HealthDetails.shortened(builder.detail);
    this.duration = Objects.requireNonNull(builder.duration, "duration");
    this.since = builder.since;
    this.details = HealthDetails.copyOf(builder.details);
  }

  /**
   * Creates a builder.
   *
   * @param status the status
   * @return a new builder
   */
  public static Builder builder(HealthStatus status) {
    return new Builder(status);
  }

  /** {@return the status} */
  public HealthStatus status() {
    return status;
  }

  /**
   * {@return one line about the status; empty if there is nothing to add; cut after {@value HealthDetails#MAX_TEXT}
   * characters}
   */
  public String detail() {
    return detail;
  }

  /** {@return the duration of the check; of a tracker, the mean latency} */
  public Duration duration() {
    return duration;
  }

  /** {@return the time of the last status change; null if unknown} */
  public @Nullable Instant since() {
    return since;
  }

  /** {@return further details, within the limits of {@link HealthDetails}; unmodifiable, often empty} */
  public Map<String, Object> details() {
    return details;
  }

  /** {@return a healthy result without detail} */
  public static HealthResult healthy() {
    return of(HealthStatus.HEALTHY, "");
  }

  /**
   * Creates a result; the registry measures the duration.
   *
   * @param status the status
   * @param detail one line about the status
   * @return the result
   */
  public static HealthResult of(HealthStatus status, String detail) {
    return HealthResult.builder(status).detail(detail).build();
  }

  /**
   * Replaces the details.
   *
   * @param more the details, within the limits of {@link HealthDetails}
   * @return a copy with these details
   * @throws IllegalArgumentException if there are more details than {@link HealthDetails} allows
   */
  public HealthResult withDetails(Map<String, ?> more) {
    return HealthResult.builder(status)
        .detail(detail)
        .duration(duration)
        .since(since)
        .details(HealthDetails.copyOf(more))
        .build();
  }

  /**
   * Returns all values by name: {@code status}, {@code detail}, {@code duration_ms}, and, if present, {@code since} (in
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

  /**
   * Creates a builder with the values of this object.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    return new Builder(status).detail(detail).duration(duration).since(since).details(details);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HealthResult that
        && status.equals(that.status)
        && detail.equals(that.detail)
        && duration.equals(that.duration)
        && Objects.equals(since, that.since)
        && details.equals(that.details);
  }

  @Override
  public int hashCode() {
    return Objects.hash(status, detail, duration, since, details);
  }

  @Override
  public String toString() {
    return "HealthResult[status=" + status + ", detail=" + detail + ", duration=" + duration
        + ", since=" + since + ", details=" + details + "]";
  }

  /** Builds a {@link HealthResult}. Not thread-safe. */
  public static final class Builder {
    private final HealthStatus status;
    private String detail = "";
    private Duration duration = Duration.ZERO;
    private @Nullable Instant since;
    private Map<String, Object> details = Map.of();

    private Builder(HealthStatus status) {
      this.status = status;
    }

    /** Sets {@link HealthResult#detail()}. Default empty. */
    public Builder detail(String detail) {
      this.detail = detail;
      return this;
    }

    /** Sets {@link HealthResult#duration()}. Default zero. */
    public Builder duration(Duration duration) {
      this.duration = duration;
      return this;
    }

    /** Sets {@link HealthResult#since()}. Default none. */
    public Builder since(@Nullable Instant since) {
      this.since = since;
      return this;
    }

    /** Sets {@link HealthResult#details()}. Default empty. */
    public Builder details(Map<String, Object> details) {
      this.details = details;
      return this;
    }

    /**
     * Builds the value.
     *
     * @return an immutable object
     * @throws IllegalArgumentException if there are more {@code details} than {@link HealthDetails} allows
     */
    public HealthResult build() {
      return new HealthResult(this);
    }
  }
}
