package io.aragora.resilience.quota;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a {@link QuotaStore} that cannot answer. Checked, because the thread that leases must handle it; it never reaches a
 * protected call.
 */
public final class QuotaStoreException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message the operation that failed, the place, and what to do about it
   * @param cause the cause, or null
   */
  public QuotaStoreException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
