package io.aragora.resilience.policy;

/**
 * A body without a value that may throw. Called on the thread of the call, by as many threads at once as there are
 * calls.
 *
 * @param <X> the exception of the body; {@link RuntimeException} if it throws nothing checked
 */
@FunctionalInterface
public interface CheckedRunnable<X extends Throwable> {
  /**
   * Runs the body.
   *
   * @throws X if the body fails
   */
  void run() throws X;
}
