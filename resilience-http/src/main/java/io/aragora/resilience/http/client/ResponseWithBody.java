package io.aragora.resilience.http.client;

import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A response whose body was held, with the body of the caller's handler.
 *
 * @param <T> the type of the body
 */
final class ResponseWithBody<T> implements HttpResponse<T> {
  private final HttpResponse<?> response;
  private final @Nullable T body;

  ResponseWithBody(HttpResponse<?> response, @Nullable T body) {
    this.response = response;
    this.body = body;
  }

  @Override
  public int statusCode() {
    return response.statusCode();
  }

  @Override
  public HttpRequest request() {
    return response.request();
  }

  @Override
  @SuppressWarnings("unchecked") // responses before a redirect have no body
  public Optional<HttpResponse<T>> previousResponse() {
    return response.previousResponse().map(previous -> (HttpResponse<T>) previous);
  }

  @Override
  public HttpHeaders headers() {
    return response.headers();
  }

  @Override
  @SuppressWarnings("NullAway") // a handler may return no body
  public T body() {
    return body;
  }

  @Override
  public Optional<SSLSession> sslSession() {
    return response.sslSession();
  }

  @Override
  public URI uri() {
    return response.uri();
  }

  @Override
  public Version version() {
    return response.version();
  }

  /** Added by JDK 25; without @Override because this code is compiled for 17. */
  public Optional<String> connectionLabel() {
    return LaterMethods.connectionLabel(response);
  }

  @Override
  public String toString() {
    return response.toString();
  }
}
