package io.aragora.resilience.http.client;

import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;

/**
 * A client whose answers come when the test says so, also after the request was cancelled: what a real one does where answer and
 * cancellation cross. Its bodies are long: the connection of each is open until it is let go.
 */
final class PendingClient extends HttpClient {
  /** One request, and the connection of its answer. */
  static final class Exchange implements Flow.Subscription {
    boolean isCancelled;
    boolean isLetGo;
    private boolean isAsked;
    private final BodyHandler<Object> handler;
    private final HttpRequest request;
    private final CompletableFuture<HttpResponse<Object>> future = new CompletableFuture<>() {
      @Override
      public boolean cancel(boolean mayInterrupt) {
        isCancelled = true;
        return false;
      }
    };

    @SuppressWarnings("unchecked")
    private Exchange(HttpRequest request, BodyHandler<?> handler) {
      this.request = request;
      this.handler = (BodyHandler<Object>) handler;
    }

    /** Answers with a status, and with more of a body than is kept; its end never comes. */
    void answer(int status) {
      future.complete(response(status));
    }

    private HttpResponse<Object> response(int status) {
      Answer info = new Answer(status, request, null);
      BodySubscriber<Object> subscriber = handler.apply(info);
      subscriber.onSubscribe(this);
      if (isAsked) {
        subscriber.onNext(List.of(ByteBuffer.allocate(HeldBody.MOST_KEPT + 1)));
      }
      return new Answer(
          status, request, subscriber.getBody().toCompletableFuture().join());
    }

    @Override
    public void request(long count) {
      isAsked = true;
    }

    @Override
    public void cancel() {
      isLetGo = true;
    }
  }

  private record Answer(int statusCode, HttpRequest request, Object body)
      implements HttpResponse<Object>, ResponseInfo {
    @Override
    public HttpHeaders headers() {
      return HttpHeaders.of(Map.of(), (n, v) -> true);
    }

    @Override
    public Optional<HttpResponse<Object>> previousResponse() {
      return Optional.empty();
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
  }

  final List<Exchange> exchanges = new ArrayList<>();

  /** What a synchronous call is answered with, after {@link #meanwhile}. */
  int status = 503;

  Runnable meanwhile = () -> {};

  @Override
  @SuppressWarnings("unchecked")
  public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    Exchange exchange = new Exchange(request, handler);
    exchanges.add(exchange);
    meanwhile.run();
    return (HttpResponse<T>) exchange.response(status);
  }

  @Override
  @SuppressWarnings({"unchecked", "rawtypes"})
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler) {
    Exchange exchange = new Exchange(request, handler);
    exchanges.add(exchange);
    return (CompletableFuture) exchange.future;
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler, PushPromiseHandler<T> pushes) {
    return sendAsync(request, handler);
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return Optional.empty();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return Optional.empty();
  }

  @Override
  public Redirect followRedirects() {
    return Redirect.NEVER;
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return Optional.empty();
  }

  @Override
  public SSLContext sslContext() {
    throw new UnsupportedOperationException();
  }

  @Override
  public SSLParameters sslParameters() {
    return new SSLParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return Optional.empty();
  }

  @Override
  public Version version() {
    return Version.HTTP_1_1;
  }

  @Override
  public Optional<Executor> executor() {
    return Optional.empty();
  }
}
