package io.aragora.resilience;

/** Thrown by whatever needs the timer of a runtime that was closed, and given to the calls that were waiting then. */
public final class ResilienceClosedException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param runtime the name of the runtime that was closed
   */
  public ResilienceClosedException(String runtime) {
    super("resilience runtime '" + runtime + "' is closed", null, true);
  }
}
