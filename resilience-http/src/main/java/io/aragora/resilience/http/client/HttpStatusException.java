package io.aragora.resilience.http.client;

import io.aragora.resilience.http.internal.Origin;
import java.io.IOException;
import java.io.Serial;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A response that is a failure. {@link ResilientHttpClient} passes it to retry, breaker and their listeners, and returns the
 * response to its caller. Throw it yourself if you call another client through a policy.
 */
public final class HttpStatusException extends IOException {
  @Serial
  private static final long serialVersionUID = 1L;

  /** The status of the response. */
  private final int status;

  private final transient @Nullable HttpHeaders headers;

  /** Whether the client that threw it would retry; null if no client threw it. */
  private final @Nullable Boolean isTransient;

  HttpStatusException(URI uri, int status, HttpHeaders headers, @Nullable Boolean isTransient) {
    super("HTTP " + status + " from " + Origin.of(uri));
    this.status = status;
    this.headers = headers;
    this.isTransient = isTransient;
  }

  /**
   * Creates an exception for a response.
   *
   * @param response the response; its body is not kept
   * @return an exception whose message has the status and the origin, not the path, which may be confidential
   */
  public static HttpStatusException of(HttpResponse<?> response) {
    return new HttpStatusException(response.uri(), response.statusCode(), response.headers(), null);
  }

  /** By the rules of the client that threw it, since several clients may share a retry; null if no client threw it. */
  @Nullable
  Boolean isTransient() {
    return isTransient;
  }

  /**
   * Returns the status.
   *
   * @return the status of the response
   */
  public int status() {
    return status;
  }

  /**
   * Returns the headers.
   *
   * @return the headers of the response; none after serialisation
   */
  public HttpHeaders headers() {
    return headers != null ? headers : HttpHeaders.of(Map.of(), (name, value) -> true);
  }

  /** Without a stack trace, which would say nothing about the failure and cost most of the time. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
