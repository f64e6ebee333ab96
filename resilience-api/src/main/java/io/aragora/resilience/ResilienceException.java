package io.aragora.resilience;

import org.jspecify.annotations.Nullable;

/**
 * The root of every exception that the library throws by itself. A body's own exceptions are never wrapped in one.
 *
 * <p>Carries no stack trace: what happened is in the message and in the fields of the subclass, and the place is the call
 * that was made. Safe to share between threads.
 */
public class ResilienceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an exception that carries no suppressed ones, so that one instance may be thrown many times.
   *
   * @param message what happened, and where it helps, what to do
   */
  public ResilienceException(String message) {
    this(message, null, false);
  }

  /**
   * Creates an exception.
   *
   * @param message what happened, and where it helps, what to do
   * @param cause what it follows from, or null
   * @param suppressible whether earlier failures may be attached to it; false for an instance that is shared
   */
  protected ResilienceException(String message, @Nullable Throwable cause, boolean suppressible) {
    super(message, cause, suppressible, false);
  }
}
