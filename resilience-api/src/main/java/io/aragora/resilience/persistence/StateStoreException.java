package io.aragora.resilience.persistence;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a {@link StateStore} that could not do what it was asked. Checked, because the background writer must deal with
 * it; it never reaches a protected call.
 */
public final class StateStoreException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what failed, with the place, and what to do about it
   * @param cause what it follows from, or null
   */
  public StateStoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
