package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.policy.CallRejectedException;
import java.time.Duration;
import java.util.Locale;

/** Thrown if a breaker rejects a call. The body did not run. Has no stack trace; the message is built when it is read. */
public final class CallNotPermittedException extends CallRejectedException {
  private static final long serialVersionUID = 1L;

  /** The name of the breaker that rejected the call. */
  private final String breaker;

  /** The state of the breaker. */
  private final CircuitBreakerState state;

  /** The cause of the state. */
  private final TransitionCause cause;

  /** Nanoseconds until the breaker may admit a call. */
  private final long remainingNanos;

  /**
   * Creates the exception.
   *
   * @param breaker the name of the breaker
   * @param state the state of the breaker
   * @param cause the cause of the state
   * @param remainingNanos nanoseconds until the breaker may admit a call; 0 if unknown
   */
  public CallNotPermittedException(
      String breaker, CircuitBreakerState state, TransitionCause cause, long remainingNanos) {
    this.breaker = breaker;
    this.state = state;
    this.cause = cause;
    this.remainingNanos = remainingNanos;
  }

  /** {@return the name of the breaker} */
  public String breaker() {
    return breaker;
  }

  @Override
  public String policy() {
    return breaker;
  }

  @Override
  public String kind() {
    return "circuitbreaker";
  }

  @Override
  public Duration retryAfter() {
    return remainingCooldown();
  }

  /**
   * {@return the state of the breaker} {@link CircuitBreakerState#HALF_OPEN} means that all permits for probes were
   * taken, {@link CircuitBreakerState#CLOSED} that the breaker throttles.
   */
  public CircuitBreakerState state() {
    return state;
  }

  /** {@return the cause of the state; {@link TransitionCause#THROTTLED} if a closed breaker rejected the call} */
  public TransitionCause transitionCause() {
    return cause;
  }

  /** {@return the rest of the cooldown; zero if unknown} */
  public Duration remainingCooldown() {
    return Duration.ofNanos(remainingNanos);
  }

  @Override
  public String getMessage() {
    if (cause == TransitionCause.THROTTLED) {
      return "circuit breaker '" + breaker
          + "' is closed and rejects a share of its calls, because many fail";
    }
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
