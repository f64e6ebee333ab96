package io.aragora.resilience.http.client;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.PushPromiseHandler;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Flow;

/** Performs one scripted step for each call, the last step for all further ones. */
final class ScriptedClient extends OfflineClient {
  /** An answer, or a failure. */
  private record Step(
      int status, Map<String, List<String>> headers, String body, Exception thrown) {}

  final List<HttpRequest> sent = new ArrayList<>();
  final List<String> told = new ArrayList<>();
  private final Deque<Step> script = new ArrayDeque<>();

  ScriptedClient answer(int status, String... header) {
    Map<String, List<String>> headers =
        header.length == 0 ? Map.of() : Map.of(header[0], List.of(header[1]));
    script.add(new Step(status, headers, "body of " + status, null));
    return this;
  }

  ScriptedClient fail(Exception thrown) {
    script.add(new Step(0, Map.of(), "", thrown));
    return this;
  }

  private Step next(HttpRequest request) {
    sent.add(request);
    return script.size() > 1 ? script.remove() : script.element();
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler)
      throws IOException, InterruptedException {
    Step step = next(request);
    if (step.thrown instanceof IOException io) {
      throw io;
    } else if (step.thrown instanceof InterruptedException interrupted) {
      throw interrupted;
    } else if (step.thrown != null) {
      throw (RuntimeException) step.thrown;
    }
    return respond(step, request, handler);
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler) {
    Step step = next(request);
    return step.thrown != null
        ? CompletableFuture.failedFuture(new CompletionException(step.thrown))
        : CompletableFuture.completedFuture(respond(step, request, handler));
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, BodyHandler<T> handler, PushPromiseHandler<T> pushes) {
    told.add("sendAsync with pushes");
    return sendAsync(request, handler);
  }

  private static <T> HttpResponse<T> respond(
      Step step, HttpRequest request, BodyHandler<T> handler) {
    HttpHeaders headers = HttpHeaders.of(step.headers, (n, v) -> true);
    BodySubscriber<T> subscriber = handler.apply(new Answer<>(step.status, headers, request, null));
    subscriber.onSubscribe(new Flow.Subscription() {
      @Override
      public void request(long count) {}

      @Override
      public void cancel() {}
    });
    subscriber.onNext(List.of(ByteBuffer.wrap(step.body.getBytes(StandardCharsets.UTF_8))));
    subscriber.onComplete();
    T body = subscriber.getBody().toCompletableFuture().join();
    return new Answer<>(step.status, headers, request, body);
  }

  @Override
  public WebSocket.Builder newWebSocketBuilder() {
    told.add("newWebSocketBuilder");
    return HttpClient.newHttpClient().newWebSocketBuilder();
  }

  // ---- what JDK 21 added

  public void shutdown() {
    told.add("shutdown");
  }

  public boolean awaitTermination(Duration length) {
    told.add("awaitTermination " + length);
    return false;
  }

  public boolean isTerminated() {
    told.add("isTerminated");
    return true;
  }

  public void shutdownNow() {
    told.add("shutdownNow");
  }

  public void close() {
    told.add("close");
  }
}
