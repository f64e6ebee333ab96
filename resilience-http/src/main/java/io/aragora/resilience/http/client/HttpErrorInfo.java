package io.aragora.resilience.http.client;

import io.aragora.resilience.retry.RetryAfter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A summary of a response, made by {@link HttpErrorClassifier}. Immutable. */
public final class HttpErrorInfo {
  private final int status;
  private final boolean isTransient;
  private final @Nullable RetryAfter retryAfter;
  private final String message;

  HttpErrorInfo(int status, boolean isTransient, @Nullable RetryAfter retryAfter, String message) {
    this.status = status;
    this.isTransient = isTransient;
    this.retryAfter = retryAfter;
    this.message = message;
  }

  /** {@return the status} */
  public int status() {
    return status;
  }

  /** {@return whether the status is transient} */
  public boolean isTransient() {
    return isTransient;
  }

  /** {@return the requested delay or time of the next attempt; null if there is none} */
  public @Nullable RetryAfter retryAfter() {
    return retryAfter;
  }

  /** {@return a description, at most 200 characters, never empty} */
  public String message() {
    return message;
  }

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

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HttpErrorInfo info
        && status == info.status
        && isTransient == info.isTransient
        && Objects.equals(retryAfter, info.retryAfter)
        && message.equals(info.message);
  }

  @Override
  public int hashCode() {
    return Objects.hash(status, isTransient, retryAfter, message);
  }

  @Override
  public String toString() {
    return "HTTP error " + status + (isTransient ? ", transient: " : ": ") + message;
  }
}
