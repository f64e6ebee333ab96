package io.aragora.resilience.http.client;

import io.aragora.resilience.retry.RetryAfter;
import org.jspecify.annotations.Nullable;

/**
 * A summary of a response.
 *
 * @param status its status
 * @param isTransient whether the status is transient
 * @param retryAfter the requested delay or time of the next attempt; null if there is none
 * @param message a description, at most 200 characters, never empty
 */
public record HttpErrorInfo(
    int status, boolean isTransient, @Nullable RetryAfter retryAfter, String message) {
  /**
   * Returns whether the caller exceeded a rate limit.
   *
   * @return whether the status is 429
   */
  public boolean isRateLimit() {
    return status == 429;
  }

  /**
   * Returns whether the caller lacks authentication or permission.
   *
   * @return whether the status is 401 or 403
   */
  public boolean isAuthError() {
    return status == 401 || status == 403;
  }
}
