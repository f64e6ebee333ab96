package io.aragora.resilience.ratelimiter;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A rejection, a wait, a pause or a change of a rate limiter. Immutable and thread-safe.
 */
public final class RateLimiterEvent {
  private final String limiter;
  private final Kind kind;
  private final RateLimitExceededException.@Nullable Reason reason;
  private final int permits;
  private final int limit;
  private final Duration waited;
  private final Duration retryAfter;

  private RateLimiterEvent(Builder builder) {
    this.limiter = builder.limiter;
    this.kind = builder.kind;
    this.reason = builder.reason;
    this.permits = builder.permits;
    this.limit = builder.limit;
    this.waited = builder.waited;
    this.retryAfter = builder.retryAfter;
  }

  /**
   * Creates a builder.
   *
   * @param limiter the name of the limiter
   * @param kind what it did
   * @return a new builder
   */
  public static Builder builder(String limiter, Kind kind) {
    return new Builder(limiter, kind);
  }

  /** {@return the name of the limiter} */
  public String limiter() {
    return limiter;
  }

  /** {@return what it did} */
  public Kind kind() {
    return kind;
  }

  /** {@return why the call was rejected; null if none was} */
  public RateLimitExceededException.@Nullable Reason reason() {
    return reason;
  }

  /** {@return the number of permits of the call; 0 if the event is about none} */
  public int permits() {
    return permits;
  }

  /** {@return the number of permits in each period, after the event} */
  public int limit() {
    return limit;
  }

  /** {@return how long the call waited; zero if it did not} */
  public Duration waited() {
    return waited;
  }

  /** {@return the time after which a call may be admitted: the rest of a pause, or the time of a rejection; zero for other events} */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** The kind of event. */
  public enum Kind {
    /** It rejected a call. */
    REJECTED,
    /** It admitted a call that had waited. */
    ADMITTED_AFTER_WAIT,
    /** A pause began, or became longer. */
    PAUSED,
    /** A pause was ended by {@link RateLimiter#resume}. */
    RESUMED,
    /** It adopted the limit of a server. */
    ADOPTED,
    /** Its config was replaced. */
    RECONFIGURED,
    /** It is shared, and works without the quota store from now on. */
    ALONE,
    /** It is shared, and leases from the quota store again. */
    REJOINED
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RateLimiterEvent that
        && limiter.equals(that.limiter)
        && kind.equals(that.kind)
        && Objects.equals(reason, that.reason)
        && permits == that.permits
        && limit == that.limit
        && waited.equals(that.waited)
        && retryAfter.equals(that.retryAfter);
  }

  @Override
  public int hashCode() {
    return Objects.hash(limiter, kind, reason, permits, limit, waited, retryAfter);
  }

  @Override
  public String toString() {
    return "RateLimiterEvent[limiter=" + limiter
        + ", kind=" + kind
        + ", reason=" + reason
        + ", permits=" + permits
        + ", limit=" + limit
        + ", waited=" + waited
        + ", retryAfter=" + retryAfter
        + "]";
  }

  /** Builds a {@link RateLimiterEvent}. Not thread-safe. */
  public static final class Builder {
    private final String limiter;
    private final Kind kind;
    private RateLimitExceededException.@Nullable Reason reason;
    private int permits;
    private int limit;
    private Duration waited = Duration.ZERO;
    private Duration retryAfter = Duration.ZERO;

    private Builder(String limiter, Kind kind) {
      this.limiter = limiter;
      this.kind = kind;
    }

    /** Sets {@link RateLimiterEvent#reason()}. Default none. */
    public Builder reason(RateLimitExceededException.@Nullable Reason reason) {
      this.reason = reason;
      return this;
    }

    /** Sets {@link RateLimiterEvent#permits()}. Default 0. */
    public Builder permits(int permits) {
      this.permits = permits;
      return this;
    }

    /** Sets {@link RateLimiterEvent#limit()}. Default 0. */
    public Builder limit(int limit) {
      this.limit = limit;
      return this;
    }

    /** Sets {@link RateLimiterEvent#waited()}. Default zero. */
    public Builder waited(Duration waited) {
      this.waited = waited;
      return this;
    }

    /** Sets {@link RateLimiterEvent#retryAfter()}. Default zero. */
    public Builder retryAfter(Duration retryAfter) {
      this.retryAfter = retryAfter;
      return this;
    }

    /** {@return the value, which is immutable} */
    public RateLimiterEvent build() {
      return new RateLimiterEvent(this);
    }
  }
}
