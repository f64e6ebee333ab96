package io.aragora.resilience.http.client;

import java.io.IOException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;

/**
 * A client whose responses the test triggers, also after the request was cancelled, as when response and cancellation
 * cross in a real client. Its bodies are long: the connection of each is open until it is let go.
 */
final class PendingClient extends OfflineClient {
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
      HttpHeaders headers = HttpHeaders.of(Map.of(), (n, v) -> true);
      BodySubscriber<Object> subscriber =
          handler.apply(new Answer<>(status, headers, request, null));
      subscriber.onSubscribe(this);
      if (isAsked) {
        subscriber.onNext(List.of(ByteBuffer.allocate(HeldBody.MOST_KEPT + 1)));
      }
      return new Answer<>(
          status, headers, request, subscriber.getBody().toCompletableFuture().join());
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
}
