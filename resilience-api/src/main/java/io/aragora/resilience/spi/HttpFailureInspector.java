package io.aragora.resilience.spi;

import io.aragora.resilience.retry.RetryAfter;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Reads the response from the exceptions of an HTTP client, so that all clients are treated alike. Found by {@link
 * java.util.ServiceLoader}, or given in code. Each is asked about every failure and knows those of its own client only.
 * Thread-safe.
 */
public interface HttpFailureInspector {
  /**
   * Returns the status of the response.
   *
   * @param failure of any kind
   * @return the status; empty if the failure is of an unknown kind, or there was no response
   */
  OptionalInt status(Throwable failure);

  /**
   * Returns when the response allows another attempt.
   *
   * @param failure of any kind
   * @return the request; null if the failure is of an unknown kind, or requests nothing
   */
  default @Nullable RetryAfter retryAfter(Throwable failure) {
    return null;
  }
}
