package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.ResilienceException;
import java.time.Duration;
import java.util.Locale;

/**
 * Thrown instead of calling: the breaker refused. The dependency was not touched. Carries no stack trace, and its message
 * is put together only when it is read.
 */
public final class CallNotPermittedException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /** The name of the breaker that refused. */
  private final String breaker;

  /** The state that refused. */
  private final CircuitBreakerState state;

  /** Why the breaker is in that state. */
  private final TransitionCause cause;

  /** Nanoseconds until a call may be admitted. */
  private final long remainingNanos;

  /**
   * Creates the exception.
   *
   * @param breaker the breaker's name
   * @param state the state that refused
   * @param cause why the breaker is in that state
   * @param remainingNanos nanoseconds until a call may be admitted; 0 where that is not known
   */
  public CallNotPermittedException(
      String breaker, CircuitBreakerState state, TransitionCause cause, long remainingNanos) {
    super("", null, true);
    this.breaker = breaker;
    this.state = state;
    this.cause = cause;
    this.remainingNanos = remainingNanos;
  }

  /**
   * Names the breaker.
   *
   * @return the name
   */
  public String breaker() {
    return breaker;
  }

  /**
   * Gives the state that refused: {@link CircuitBreakerState#HALF_OPEN} means that all places for probes were taken.
   *
   * @return the state
   */
  public CircuitBreakerState state() {
    return state;
  }

  /**
   * Tells why the breaker is in that state.
   *
   * @return the cause of its last transition
   */
  public TransitionCause transitionCause() {
    return cause;
  }

  /**
   * Gives the time until a call may be admitted.
   *
   * @return what is left of the cooldown; zero where that is not known
   */
  public Duration remainingCooldown() {
    return Duration.ofNanos(remainingNanos);
  }

  @Override
  public String getMessage() {
    return switch (state) {
      case HALF_OPEN ->
        "circuit breaker '" + breaker + "' is half-open and all its probes are in flight";
      case FORCED_OPEN -> "circuit breaker '" + breaker + "' was forced open";
      default ->
        String.format(
            Locale.ROOT,
            "circuit breaker '%s' is open (%s), next probe in %.1f s",
            breaker,
            cause.name().toLowerCase(Locale.ROOT).replace('_', ' '),
            remainingNanos / 1e9);
    };
  }
}
