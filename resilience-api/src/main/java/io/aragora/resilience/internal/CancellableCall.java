package io.aragora.resilience.internal;

/** An asynchronous call as its body sees it: whether it was ended from outside. Thread-safe. */
public interface CancellableCall {
  /** {@return whether the call was cancelled, exceeded a deadline, or was ended by the closing of its runtime} */
  boolean isCancelled();

  /**
   * Registers a handler, which runs once if the call is ended from outside, or at once if it was.
   *
   * @param handler what it throws is logged
   * @return whether it was registered or has run; false if the call has ended by itself
   * @throws IllegalStateException if the call has {@link CancellationHandlers#MAX} handlers
   */
  boolean onCancel(Runnable handler);
}
