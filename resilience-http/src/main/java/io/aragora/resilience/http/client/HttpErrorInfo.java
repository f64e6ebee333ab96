package io.aragora.resilience.http.client;

import io.aragora.resilience.retry.RetryAfter;
import org.jspecify.annotations.Nullable;

/**
 * What an answer says.
 *
 * @param status its status
 * @param isTransient whether it may be gone at the next attempt
 * @param retryAfter when it asks to come back; null where it does not say
 * @param message in words, at most 200 characters, never empty
 */
public record HttpErrorInfo(
    int status, boolean isTransient, @Nullable RetryAfter retryAfter, String message) {
  /**
   * Tells whether the caller sent too much.
   *
   * @return whether the status is 429
   */
  public boolean isRateLimit() {
    return status == 429;
  }

  /**
   * Tells whether the caller may not do what it asked for.
   *
   * @return whether the status is 401 or 403
   */
  public boolean isAuthError() {
    return status == 401 || status == 403;
  }
}
