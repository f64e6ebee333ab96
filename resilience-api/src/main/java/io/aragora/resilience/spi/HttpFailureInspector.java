package io.aragora.resilience.spi;

import io.aragora.resilience.retry.RetryAfter;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the exceptions of an HTTP client say of the answer, so that one client's 503 is as good as another's. Found by
 * {@link java.util.ServiceLoader}, or given by hand; each is asked about every failure and knows its own only. Thread-safe.
 */
public interface HttpFailureInspector {
  /**
   * Reads the status of the answer.
   *
   * @param failure of any kind
   * @return the status; empty where the failure is not of a known kind, or there was no answer
   */
  OptionalInt status(Throwable failure);

  /**
   * Reads when the answer asks to come back.
   *
   * @param failure of any kind
   * @return what it asks for; null where the failure is not of a known kind, or asks for nothing
   */
  default @Nullable RetryAfter retryAfter(Throwable failure) {
    return null;
  }
}
