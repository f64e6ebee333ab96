package io.aragora.resilience.policy;

import org.jspecify.annotations.Nullable;

/**
 * The root of every exception that the library throws by itself. A body's own exceptions are never wrapped in one.
 *
 * <p>Rejections and timeouts have no stack trace: the message and the fields of the subclass say what happened, and the
 * place is the call that was made. A mistake of the code or of its operation has one: {@link
 * ResilienceConfigurationException} and {@link ResilienceClosedException}. Safe to share between threads.
 */
public class ResilienceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception without suppressed ones, so that one instance may be thrown many times.
   *
   * @param message the event, and what to do if that helps
   */
  public ResilienceException(String message) {
    this(message, null, false);
  }

  /**
   * Creates an exception.
   *
   * @param message the event, and what to do if that helps
   * @param cause the cause, or null
   * @param suppressible whether earlier failures may be attached to it; false for a shared instance
   */
  protected ResilienceException(String message, @Nullable Throwable cause, boolean suppressible) {
    super(message, cause, suppressible, false);
  }

  /**
   * Creates an exception with a stack trace. Earlier failures may be attached to it.
   *
   * @param message the mistake, and what to do
   * @param cause the cause, or null
   */
  protected ResilienceException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
