package io.aragora.resilience.examples.demo;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One logical call and its attempts, which policies run. An answer of 500 and above is thrown: to {@link HttpClient} it is
 * a response like any other, and the breaker would take it for a success.
 */
final class HttpCall {
  private static final int FIRST_SERVER_ERROR = 500;

  private final HttpClient http;
  private final HttpRequest request;
  private final AtomicInteger attempts = new AtomicInteger();
  private volatile boolean cutShort;

  HttpCall(HttpClient http, HttpRequest request) {
    this.http = http;
    this.request = request;
  }

  /** How often the body ran so far. */
  int attempts() {
    return attempts.get();
  }

  /** Whether the last attempt was interrupted or cancelled, which is what a timeout does. */
  boolean wasCutShort() {
    return cutShort;
  }

  int send() throws IOException, InterruptedException {
    begin();
    HttpResponse<Void> response;
    try {
      response = http.send(request, BodyHandlers.discarding());
    } catch (InterruptedException e) {
      cutShort = true;
      throw e;
    }
    if (response.statusCode() >= FIRST_SERVER_ERROR) {
      throw serverError(response);
    }
    return response.statusCode();
  }

  CompletionStage<Integer> sendAsync() {
    begin();
    CompletableFuture<Integer> answer = http.sendAsync(request, BodyHandlers.discarding())
        .thenCompose(response -> response.statusCode() >= FIRST_SERVER_ERROR
            ? CompletableFuture.failedFuture(serverError(response))
            : CompletableFuture.completedFuture(response.statusCode()));
    var unused = answer.whenComplete((status, failure) -> cutShort = isCancellation(failure));
    return answer;
  }

  /** The client may end a cancelled future itself, and then wraps the cancellation in what its stages throw. */
  private static boolean isCancellation(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof CancellationException;
  }

  private void begin() {
    attempts.incrementAndGet();
    cutShort = false;
  }

  private static IOException serverError(HttpResponse<Void> response) {
    return new IOException(response.uri() + " answered " + response.statusCode());
  }
}
