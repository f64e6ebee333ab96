package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;

/** A client around a scripted one, and a time that waits advance. */
abstract class HttpClientFixture {
  static final URI SHOP = URI.create("http://shop.example/apples");

  final ManualTime time = ManualTime.create().autoAdvance(true).fixedRandom(0.5);

  final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  final ScriptedClient inner = new ScriptedClient();
  long began;

  @AfterEach
  void close() {
    resilience.close();
  }

  static RetryConfig retry(int attempts) {
    return RetryConfig.builder()
        .maxAttempts(attempts)
        .backoff(Backoff.exponential(Duration.ofSeconds(1)).withJitter(Jitter.NONE))
        .build();
  }

  ResilientHttpClientBuilder builder() {
    return ResilientHttpClient.builder(resilience).client(inner).retry(retry(3));
  }

  static HttpRequest get() {
    return HttpRequest.newBuilder(SHOP).build();
  }

  static HttpRequest post(BodyPublisher body) {
    return HttpRequest.newBuilder(SHOP).POST(body).build();
  }

  HttpResponse<String> send(boolean async, HttpClient client, HttpRequest request)
      throws Exception {
    return send(async, client, request, BodyHandlers.ofString());
  }

  <T> HttpResponse<T> send(
      boolean async, HttpClient client, HttpRequest request, BodyHandler<T> handler)
      throws Exception {
    began = time.nanoTime();
    if (!async) {
      return client.send(request, handler);
    }
    CompletableFuture<HttpResponse<T>> future = client.sendAsync(request, handler);
    while (!future.isDone()) {
      time.advance(Duration.ofMillis(100));
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      throw (Exception) e.getCause();
    }
  }

  Duration waited() {
    return Duration.ofNanos(time.nanoTime() - began);
  }

  CircuitBreaker breaker(ResilientHttpClient client) {
    return client.circuitBreaker(SHOP).orElseThrow();
  }

  void assertCounted(ResilientHttpClient client, long successes, long failures) {
    assertThat(breaker(client).snapshot().totals().successes()).isEqualTo(successes);
    assertThat(breaker(client).snapshot().totals().failures()).isEqualTo(failures);
  }
}
