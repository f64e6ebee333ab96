package io.aragora.resilience.examples.demo;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One logical call and its attempts, which policies run. An answer of 500 and above is thrown: to {@link HttpClient} it is
 * a response like any other, and the breaker would take it for a success.
 */
final class HttpCall {
  private static final int FIRST_SERVER_ERROR = 500;

  private final HttpClient http;
  private final HttpRequest request;
  private final AtomicInteger attempts = new AtomicInteger();

  HttpCall(HttpClient http, HttpRequest request) {
    this.http = http;
    this.request = request;
  }

  /** How often the body ran so far. */
  int attempts() {
    return attempts.get();
  }

  int send() throws IOException, InterruptedException {
    attempts.incrementAndGet();
    HttpResponse<Void> response = http.send(request, BodyHandlers.discarding());
    if (response.statusCode() >= FIRST_SERVER_ERROR) {
      throw serverError(response);
    }
    return response.statusCode();
  }

  CompletionStage<Integer> sendAsync() {
    attempts.incrementAndGet();
    return http.sendAsync(request, BodyHandlers.discarding())
        .thenCompose(response -> response.statusCode() >= FIRST_SERVER_ERROR
            ? CompletableFuture.failedFuture(serverError(response))
            : CompletableFuture.completedFuture(response.statusCode()));
  }

  private static IOException serverError(HttpResponse<Void> response) {
    return new IOException(response.uri() + " answered " + response.statusCode());
  }
}
