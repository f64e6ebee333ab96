package io.aragora.resilience.circuitbreaker;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One state change of a breaker. Each change is one event, delivered in order. Immutable and thread-safe.
 */
public final class CircuitBreakerTransition {
  private final String breaker;
  private final long sequence;
  private final CircuitBreakerState from;
  private final CircuitBreakerState to;
  private final TransitionCause cause;
  private final Instant at;
  private final Duration cooldown;

  private CircuitBreakerTransition(Builder builder) {
    this.breaker = builder.breaker;
    this.sequence = builder.sequence;
    this.from = builder.from;
    this.to = builder.to;
    this.cause = builder.cause;
    this.at = builder.at;
    this.cooldown = builder.cooldown;
  }

  /**
   * Creates a builder.
   *
   * @param breaker the name of the breaker
   * @param from the state before
   * @param to the state after
   * @param cause the cause of the change
   * @return a new builder
   */
  public static Builder builder(
      String breaker, CircuitBreakerState from, CircuitBreakerState to, TransitionCause cause) {
    return new Builder(breaker, from, to, cause);
  }

  /** {@return the name of the breaker} */
  public String breaker() {
    return breaker;
  }

  /** {@return the number of this change of the breaker; 1 for the first, without gaps} */
  public long sequence() {
    return sequence;
  }

  /** {@return the state before} */
  public CircuitBreakerState from() {
    return from;
  }

  /**
   * {@return whether the breaker only noted that it would have opened: in {@link CircuitBreakerState#METRICS_ONLY}, which is
   * then the state before and after}
   */
  public boolean isOnlyNoted() {
    return from == CircuitBreakerState.METRICS_ONLY && to == CircuitBreakerState.METRICS_ONLY;
  }

  /** {@return the state after} */
  public CircuitBreakerState to() {
    return to;
  }

  /** {@return the cause of the change} */
  public TransitionCause cause() {
    return cause;
  }

  /** {@return the time of day} */
  public Instant at() {
    return at;
  }

  /**
   * {@return the length of this phase in {@link CircuitBreakerState#OPEN}, with backoff and jitter; zero for other states}
   */
  public Duration cooldown() {
    return cooldown;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CircuitBreakerTransition that
        && breaker.equals(that.breaker)
        && sequence == that.sequence
        && from.equals(that.from)
        && to.equals(that.to)
        && cause.equals(that.cause)
        && at.equals(that.at)
        && cooldown.equals(that.cooldown);
  }

  @Override
  public int hashCode() {
    return Objects.hash(breaker, sequence, from, to, cause, at, cooldown);
  }

  @Override
  public String toString() {
    return "CircuitBreakerTransition[breaker=" + breaker + ", sequence=" + sequence + ", from="
        + from + ", to=" + to + ", cause=" + cause + ", at=" + at + ", cooldown=" + cooldown + "]";
  }

  /** Builds a {@link CircuitBreakerTransition}. Not thread-safe. */
  public static final class Builder {
    private final String breaker;
    private long sequence = 1;
    private final CircuitBreakerState from;
    private final CircuitBreakerState to;
    private final TransitionCause cause;
    private Instant at = Instant.EPOCH;
    private Duration cooldown = Duration.ZERO;

    private Builder(
        String breaker, CircuitBreakerState from, CircuitBreakerState to, TransitionCause cause) {
      this.breaker = breaker;
      this.from = from;
      this.to = to;
      this.cause = cause;
    }

    /** Sets {@link CircuitBreakerTransition#sequence()}. Default 1. */
    public Builder sequence(long sequence) {
      this.sequence = sequence;
      return this;
    }

    /** Sets {@link CircuitBreakerTransition#at()}. Default 1970. */
    public Builder at(Instant at) {
      this.at = at;
      return this;
    }

    /** Sets {@link CircuitBreakerTransition#cooldown()}. Default zero. */
    public Builder cooldown(Duration cooldown) {
      this.cooldown = cooldown;
      return this;
    }

    /** {@return the value, which is immutable} */
    public CircuitBreakerTransition build() {
      return new CircuitBreakerTransition(this);
    }
  }
}
