package io.aragora.resilience.quota;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a {@link QuotaStore} that cannot answer. Checked, because the thread that leases must handle it; it never reaches a
 * protected call.
 */
public final class QuotaStoreException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean ofOneQuota;

  /**
   * Creates the exception of a store that does not answer, whatever the quota.
   *
   * @param message the operation that failed, the place, and what to do about it
   * @param cause the cause, or null
   */
  public QuotaStoreException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  private QuotaStoreException(String message, @Nullable Throwable cause, boolean ofOneQuota) {
    super(message, cause);
    this.ofOneQuota = ofOneQuota;
  }

  /**
   * Creates the exception of a request that failed because of its quota: what is stored under its name, or the request itself. The
   * store answers the requests of other quotas.
   *
   * @param message the operation that failed, the place, and what to do about it
   * @param cause the cause, or null
   * @return the exception
   */
  public static QuotaStoreException ofOneQuota(String message, @Nullable Throwable cause) {
    return new QuotaStoreException(message, cause, true);
  }

  /**
   * {@return whether the request failed because of its quota alone; the runtime then keeps the store open, and the other limits
   * continue}
   */
  public boolean isOfOneQuota() {
    return ofOneQuota;
  }
}
