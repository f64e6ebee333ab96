package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.FailureMessage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of one call, for {@link CircuitBreaker#subscribeCalls}. It is built after the call was counted, so a listener
 * finds it in a snapshot.
 *
 * @param breaker the breaker's name
 * @param sequence the number ({@link CircuitBreakerTransition#sequence}) of the state that decided about the call; 0 before
 *     the first transition
 * @param kind what became of it
 * @param state the state that decided about the call
 * @param slow whether it took {@link CircuitBreakerConfig#slowCallDuration} or longer; always false where no rule asks for
 *     it
 * @param failure what it failed with; null for a success, a rejection, and a failure or a release without an exception
 * @param at the time of day
 */
public record CircuitBreakerCall(
    String breaker,
    long sequence,
    Kind kind,
    CircuitBreakerState state,
    boolean slow,
    @Nullable Throwable failure,
    Instant at) {

  /** What became of a call. */
  public enum Kind {
    /** It counted as a success. */
    SUCCESS,
    /** It counted as a failure. */
    FAILURE,
    /** It counted as neither: released, cancelled, interrupted, or ignored by configuration. */
    IGNORED,
    /** It was refused. */
    REJECTED,
    /** Its outcome came when the state that had admitted it was over, or its place was taken: it decided nothing. */
    LATE
  }

  /** Never throws, although the failure may. */
  @Override
  public String toString() {
    return "CircuitBreakerCall[breaker=" + breaker
        + ", sequence=" + sequence
        + ", kind=" + kind
        + ", state=" + state
        + ", slow=" + slow
        + ", failure=" + FailureMessage.textOf(failure)
        + ", at=" + at
        + "]";
  }
}
