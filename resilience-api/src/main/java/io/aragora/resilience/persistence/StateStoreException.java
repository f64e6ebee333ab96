package io.aragora.resilience.persistence;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a {@link StateStore} if an operation fails. Checked, because the background writer must handle it; it never
 * reaches a protected call.
 */
public final class StateStoreException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message the operation that failed, the place, and what to do about it
   * @param cause the cause, or null
   */
  public StateStoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
