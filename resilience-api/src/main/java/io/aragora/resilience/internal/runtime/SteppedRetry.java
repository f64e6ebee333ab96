package io.aragora.resilience.internal.runtime;

import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.retry.RetryEvent.Kind;
import org.jspecify.annotations.Nullable;

/**
 * A retry whose attempts other code makes. That code reports how each attempt ended; the retry decides, counts and publishes as for
 * calls that it makes itself. Thread-safe.
 */
public interface SteppedRetry {
  /**
   * Begins a call. The deadlines and the retry around the calling thread hold for it.
   *
   * @param isOnThread whether all its attempts are made on the calling thread
   * @return the call
   */
  Steps begin(boolean isOnThread);

  /**
   * One call, which ends when a step returns another kind than {@link Kind#RETRY}. One thread at a time uses it, and none after its end. A
   * call that is never ended is in no total.
   */
  interface Steps {
    /** {@return the number of attempts that have ended and did not succeed} */
    int ended();

    /** Ends the call after an attempt that succeeded. */
    void succeeded();

    /**
     * Decides after an attempt that failed.
     *
     * @param failure the failure; the earlier ones are suppressed in it if it ends the call
     * @param isRejection whether a policy of another library rejected the attempt
     * @return {@link Kind#RETRY}, or how the call has ended
     */
    Kind failed(Throwable failure, boolean isRejection);

    /**
     * Returns whether the config rejects a result.
     *
     * @param result the result of an attempt
     * @return whether it does
     */
    boolean isRejected(@Nullable Object result);

    /**
     * Decides after an attempt whose result the config rejects.
     *
     * @param result the result
     * @return {@link Kind#RETRY}, or how the call has ended
     */
    Kind rejected(@Nullable Object result);

    /** {@return the delay before the next attempt in nanoseconds, after a step that returned {@link Kind#RETRY}} */
    long delayNanos();

    /**
     * Waits on the calling thread until the next attempt. If it throws, the call has ended.
     *
     * @throws CallInterruptedException if the thread is interrupted; its flag stays set
     * @throws ResilienceClosedException if the runtime is closed
     */
    void await();
  }
}
