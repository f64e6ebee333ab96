package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.FailureMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The end of one call, for {@link CircuitBreaker#subscribeCalls}. The breaker counts the call before it creates the event,
 * so a snapshot that a listener takes includes it. Immutable and thread-safe.
 */
public final class CircuitBreakerCall {
  private final String breaker;
  private final long sequence;
  private final Kind kind;
  private final CircuitBreakerState state;
  private final boolean slow;
  private final @Nullable Duration duration;
  private final @Nullable Throwable failure;
  private final Instant at;

  private CircuitBreakerCall(Builder builder) {
    this.breaker = builder.breaker;
    this.sequence = builder.sequence;
    this.kind = builder.kind;
    this.state = builder.state;
    this.slow = builder.slow;
    this.duration = builder.duration;
    this.failure = builder.failure;
    this.at = builder.at;
  }

  /**
   * Creates a builder.
   *
   * @param breaker the name of the breaker
   * @param kind how the breaker counted the call
   * @return a new builder
   */
  public static Builder builder(String breaker, Kind kind) {
    return new Builder(breaker, kind);
  }

  /** {@return the name of the breaker} */
  public String breaker() {
    return breaker;
  }

  /**
   * {@return the number ({@link CircuitBreakerTransition#sequence}) of the phase that decided about the call; 0 before
   * the first transition}
   */
  public long sequence() {
    return sequence;
  }

  /** {@return how the breaker counted the call} */
  public Kind kind() {
    return kind;
  }

  /** {@return the state that decided about the call} */
  public CircuitBreakerState state() {
    return state;
  }

  /**
   * {@return whether the call took {@link CircuitBreakerConfig#slowCallDuration} or longer; always false if no rule about
   * slow calls is set}
   */
  public boolean slow() {
    return slow;
  }

  /**
   * {@return how long the call took; null if that was not measured} It is measured if a rule about slow calls is set, if
   * durations are recorded, or if the caller passes it.
   */
  public @Nullable Duration duration() {
    return duration;
  }

  /** {@return the exception of the call; null for a success, a rejection, and a failure or release without an exception} */
  public @Nullable Throwable failure() {
    return failure;
  }

  /** {@return the time of day} */
  public Instant at() {
    return at;
  }

  /** The count to which the breaker added a call. */
  public enum Kind {
    /** It counted as a success. */
    SUCCESS,
    /** It counted as a failure. */
    FAILURE,
    /** It counted as neither: released, cancelled, interrupted, or ignored by the config. */
    IGNORED,
    /** It was rejected. */
    REJECTED,
    /** Its outcome arrived after its phase had ended, or after its permit had expired, and changed nothing. */
    LATE
  }

  /** Never throws, although the failure may. */
  @Override
  public String toString() {
    return "CircuitBreakerCall[breaker=" + breaker
        + ", sequence=" + sequence
        + ", kind=" + kind
        + ", state=" + state
        + ", slow=" + slow + ", duration=" + duration
        + ", failure=" + FailureMessage.textOf(failure)
        + ", at=" + at
        + "]";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CircuitBreakerCall that
        && breaker.equals(that.breaker)
        && sequence == that.sequence
        && kind.equals(that.kind)
        && state.equals(that.state)
        && slow == that.slow
        && Objects.equals(duration, that.duration)
        && Objects.equals(failure, that.failure)
        && at.equals(that.at);
  }

  @Override
  public int hashCode() {
    return Objects.hash(breaker, sequence, kind, state, slow, duration, failure, at);
  }

  /** Builds a {@link CircuitBreakerCall}. Not thread-safe. */
  public static final class Builder {
    private final String breaker;
    private long sequence;
    private final Kind kind;
    private CircuitBreakerState state = CircuitBreakerState.CLOSED;
    private boolean slow;
    private @Nullable Duration duration;
    private @Nullable Throwable failure;
    private Instant at = Instant.EPOCH;

    private Builder(String breaker, Kind kind) {
      this.breaker = breaker;
      this.kind = kind;
    }

    /** Sets {@link CircuitBreakerCall#sequence()}. Default 0. */
    public Builder sequence(long sequence) {
      this.sequence = sequence;
      return this;
    }

    /** Sets {@link CircuitBreakerCall#state()}. Default {@code CLOSED}. */
    public Builder state(CircuitBreakerState state) {
      this.state = state;
      return this;
    }

    /** Sets {@link CircuitBreakerCall#slow()}. Default false. */
    public Builder slow(boolean slow) {
      this.slow = slow;
      return this;
    }

    /** Sets {@link CircuitBreakerCall#duration()}. Default none. */
    public Builder duration(@Nullable Duration duration) {
      this.duration = duration;
      return this;
    }

    /** Sets {@link CircuitBreakerCall#failure()}. Default none. */
    public Builder failure(@Nullable Throwable failure) {
      this.failure = failure;
      return this;
    }

    /** Sets {@link CircuitBreakerCall#at()}. Default 1970. */
    public Builder at(Instant at) {
      this.at = at;
      return this;
    }

    /** {@return the value, which is immutable} */
    public CircuitBreakerCall build() {
      return new CircuitBreakerCall(this);
    }
  }
}
