package io.aragora.resilience.spring.http;

import io.aragora.resilience.http.internal.Origin;
import io.aragora.resilience.retry.RetryAfter;
import java.io.IOException;
import java.io.Serial;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * A response that is a failure, as policies and their listeners see it; the caller of the client gets the response. {@link
 * io.aragora.resilience.http.client.HttpFailures} reads its status.
 */
final class HttpAnswerException extends IOException {
  @Serial
  private static final long serialVersionUID = 1L;

  private final int status;
  private final boolean isTransient;
  private final transient @Nullable RetryAfter retryAfter;

  /** The message has the origin, not the path, which may be confidential. */
  HttpAnswerException(URI uri, int status, boolean isTransient, Map<String, List<String>> headers) {
    super("HTTP " + status + " from " + Origin.of(uri));
    this.status = status;
    this.isTransient = isTransient;
    this.retryAfter = retryAfter(headers);
  }

  private static @Nullable RetryAfter retryAfter(Map<String, List<String>> headers) {
    List<String> values = headers.get(HttpHeaders.RETRY_AFTER);
    return values == null || values.isEmpty() ? null : RetryAfter.parse(values.get(0));
  }

  int status() {
    return status;
  }

  boolean isTransient() {
    return isTransient;
  }

  @Nullable
  RetryAfter retryAfter() {
    return retryAfter;
  }

  /**
   * Copies headers into a map that ignores case. Only this way of reading them is the same in the binaries of Spring Framework
   * 6 and 7.
   */
  static Map<String, List<String>> copyOf(HttpHeaders headers) {
    Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    headers.forEach((name, values) -> copy.put(name, List.copyOf(values)));
    return copy;
  }

  /** Without a stack trace, which would say nothing about the failure. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
