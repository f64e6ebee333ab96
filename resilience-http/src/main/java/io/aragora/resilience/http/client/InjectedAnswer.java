package io.aragora.resilience.http.client;

import java.net.URI;
import java.net.http.HttpClient.Version;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A response that no server sent: chaos injected its status. It has neither headers nor a body, and otherwise is an ordinary response.
 *
 * @param <T> the type of the body
 */
final class InjectedAnswer<T> implements HttpResponse<T> {
  private final HttpRequest request;
  private final int status;
  private final @Nullable T body;

  private InjectedAnswer(HttpRequest request, int status, @Nullable T body) {
    this.request = request;
    this.status = status;
    this.body = body;
  }

  /**
   * What chaos injects, between its policy and the attempt that replaces it by an answer. A record, so that two clients of one
   * name with equal settings have equal declarations.
   */
  record Status(int status) implements Supplier<Throwable> {
    @Override
    public Throwable get() {
      return new Injected(status);
    }
  }

  /** Ends the call of the chaos policy; no other policy sees it. */
  static final class Injected extends RuntimeException {
    private static final long serialVersionUID = 1;

    final int status;

    Injected(int status) {
      super("injected status " + status, null, false, false);
      this.status = status;
    }
  }

  /** Passes an answer without a body to the handler. */
  static <T> CompletionStage<HttpResponse<T>> of(
      HttpRequest request, int status, BodyHandler<T> handler) {
    BodySubscriber<T> subscriber = handler.apply(new Head(status));
    CompletionStage<T> given = subscriber.getBody();
    subscriber.onSubscribe(new Nothing());
    // The JDK's subscriber of a file that could not be opened throws at its completion.
    if (!given.toCompletableFuture().isCompletedExceptionally()) {
      subscriber.onComplete();
    }
    return given.thenApply(body -> new InjectedAnswer<>(request, status, body));
  }

  private static HttpHeaders none() {
    return HttpHeaders.of(Map.of(), (name, value) -> true);
  }

  @Override
  public int statusCode() {
    return status;
  }

  @Override
  public HttpRequest request() {
    return request;
  }

  @Override
  public Optional<HttpResponse<T>> previousResponse() {
    return Optional.empty();
  }

  @Override
  public HttpHeaders headers() {
    return none();
  }

  @Override
  @SuppressWarnings("NullAway") // a handler may return no body
  public T body() {
    return body;
  }

  @Override
  public Optional<SSLSession> sslSession() {
    return Optional.empty();
  }

  @Override
  public URI uri() {
    return request.uri();
  }

  @Override
  public Version version() {
    return Version.HTTP_1_1;
  }

  @Override
  public String toString() {
    return "(" + request.method() + " " + request.uri() + ") " + status + " (injected)";
  }

  private record Head(int statusCode) implements ResponseInfo {
    @Override
    public HttpHeaders headers() {
      return none();
    }

    @Override
    public Version version() {
      return Version.HTTP_1_1;
    }
  }

  private static final class Nothing implements Flow.Subscription {
    @Override
    public void request(long count) {}

    @Override
    public void cancel() {}
  }
}
