package io.aragora.resilience.policy;

/**
 * Thrown by operations that need the timer of a closed runtime, and by calls that were waiting when the runtime was
 * closed.
 */
public final class ResilienceClosedException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param runtime the name of the runtime that was closed
   */
  public ResilienceClosedException(String runtime) {
    super("resilience runtime '" + runtime + "' is closed", null);
  }
}
