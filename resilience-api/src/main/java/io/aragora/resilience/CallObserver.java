package io.aragora.resilience;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.RetryEvent;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows one call through its policies, for bridges, tracing and metrics of other kinds. Each method does nothing unless it
 * is overridden.
 *
 * <p>The thread on which something happens calls the observer at once, before the call goes on, so a method must be short
 * and must not block. What it throws is logged once per policy and dropped; the call is not affected. The runtime calls
 * {@link #onEnd} exactly once, before the caller can see the end of the call, and begins no other method after it except
 * {@link #onFallback}. If a deadline passes just when an asynchronous body ends, or a hedge runs beside the first
 * attempt, two threads may call the observer at a time.
 *
 * <p>A call without an observer costs nothing: observed calls run through links of their own.
 *
 * @see Resilience#observed(Policy, Supplier)
 * @see MethodPolicy
 */
public interface CallObserver {
  /**
   * Called before each attempt of a retry, and before the first one, too.
   *
   * @param retry the name of the retry
   * @param attempt the number of the attempt, 1 for the first
   */
  default void onAttempt(String retry, int attempt) {}

  /**
   * Called if a retry makes a further attempt, before the delay.
   *
   * @param retry the name of the retry
   * @param attempt the number of the attempt that ended
   * @param delayNanos the delay before the next attempt, in nanoseconds
   * @param failure the failure of the attempt; null if the retry rejected its result
   */
  default void onRetry(String retry, int attempt, long delayNanos, @Nullable Throwable failure) {}

  /**
   * Called if a retry would make a further attempt, and cannot.
   *
   * @param retry the name of the retry
   * @param attempt the number of the last attempt
   * @param why the reason
   */
  default void onGivenUp(String retry, int attempt, RetryEvent.Kind why) {}

  /**
   * Called if a retry makes no further attempt because of the failure itself.
   *
   * @param retry the name of the retry
   * @param attempt the number of the attempt that failed
   * @param failure its failure
   */
  default void onNotRetried(String retry, int attempt, Throwable failure) {}

  /**
   * Called if a circuit breaker, a rate limiter, a concurrency limit or a bulkhead rejects the call or an attempt.
   *
   * @param kind the kind of the policy, as property names have it: {@code circuitbreaker}, {@code ratelimiter}, {@code
   *     concurrencylimit}, {@code bulkhead}
   * @param policy the name of the policy
   */
  default void onRejected(String kind, String policy) {}

  /**
   * Called if a circuit breaker counts the call or an attempt. A breaker does not count what its settings ignore.
   *
   * @param breaker the name of the breaker
   * @param success whether it counted a success
   * @param durationNanos the time inside the breaker, in nanoseconds
   */
  default void onCounted(String breaker, boolean success, long durationNanos) {}

  /**
   * Called when a call or an attempt leaves a timeout.
   *
   * @param timeout the name of the timeout
   * @param durationNanos the time inside the timeout, in nanoseconds
   * @param exceeded whether this timeout ended it
   */
  default void onTimed(String timeout, long durationNanos, boolean exceeded) {}

  /**
   * Called if a hedge runs the body once more beside the attempts under way, before it does, on the thread that starts it.
   *
   * @param hedge the name of the hedge
   * @param number the number of the hedge in its call, 1 for the first
   */
  default void onHedge(String hedge, int number) {}

  /**
   * Called when the call has left all its policies.
   *
   * @param end how it ended
   * @param bodies how often the body began; 0 if the call was rejected before
   * @param durationNanos the time since the call entered the first policy, in nanoseconds
   * @param failure the failure without the wrappers of futures; null if {@code end} is {@link End#RETURNED}
   */
  default void onEnd(End end, int bodies, long durationNanos, @Nullable Throwable failure) {}

  /**
   * Called after {@link #onEnd} if the fallback of an annotated method supplies the value ({@link
   * MethodPolicy}). Fallbacks in the code are functions of the application and are not observed.
   *
   * @param failure the failure that it replaces
   */
  default void onFallback(Throwable failure) {}

  /** The end of a call. */
  enum End {
    /** The body returned a value. */
    RETURNED,
    /** The body failed. */
    FAILED,
    /** A policy of the call rejected it, or an executor did not accept the body. */
    REJECTED,
    /** A timeout of the call, or a deadline around it, ended it. */
    TIMED_OUT,
    /** The caller cancelled the call. */
    CANCELLED,
    /** The thread was interrupted. */
    INTERRUPTED,
    /** The runtime was closed. */
    CLOSED
  }
}
