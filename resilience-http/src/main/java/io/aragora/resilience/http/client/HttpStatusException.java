package io.aragora.resilience.http.client;

import java.io.IOException;
import java.io.Serial;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is a failure. {@link ResilientHttpClient} shows it to retry and breaker, and to whoever listens to them, and
 * gives its caller the response; throw it yourself where a client is called through a policy.
 */
public final class HttpStatusException extends IOException {
  @Serial
  private static final long serialVersionUID = 1L;

  /** The status of the answer. */
  private final int status;

  private final transient @Nullable HttpHeaders headers;

  /** What the client that threw it says; null where no client did. */
  private final @Nullable Boolean isTransient;

  HttpStatusException(URI uri, int status, HttpHeaders headers, @Nullable Boolean isTransient) {
    super("HTTP " + status + " from " + Origin.of(uri));
    this.status = status;
    this.headers = headers;
    this.isTransient = isTransient;
  }

  /**
   * Makes one of a response.
   *
   * @param response the response; its body is not kept
   * @return an exception whose message has the status and the origin, not the path, which may be confidential
   */
  public static HttpStatusException of(HttpResponse<?> response) {
    return new HttpStatusException(response.uri(), response.statusCode(), response.headers(), null);
  }

  /** By the rules of the client that threw it, of which several may share a retry; null where no client did. */
  @Nullable
  Boolean isTransient() {
    return isTransient;
  }

  /**
   * Gives the status.
   *
   * @return the status of the answer
   */
  public int status() {
    return status;
  }

  /**
   * Gives the headers.
   *
   * @return the headers of the answer; none after it was serialised
   */
  public HttpHeaders headers() {
    return headers != null ? headers : HttpHeaders.of(Map.of(), (name, value) -> true);
  }

  /** A result more than an accident: where it was made says nothing, and costs more than the rest. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
