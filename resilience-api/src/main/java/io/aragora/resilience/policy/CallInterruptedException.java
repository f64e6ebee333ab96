package io.aragora.resilience.policy;

/**
 * Thrown by a plain {@link Policy#call} whose own wait (between two attempts, say) was interrupted from outside. The
 * thread's interrupt flag is set when it is thrown. {@link Policy#callInterruptibly} throws {@link InterruptedException}
 * instead.
 */
public final class CallInterruptedException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param policy the name of the policy that was waiting
   */
  public CallInterruptedException(String policy) {
    super("interrupted while '" + policy + "' was waiting", null, true);
  }
}
