package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real server, on real sockets and in real time, of which no assertion depends. */
@Timeout(60)
class RealConnectionTest {
  private static final String LONG = "x".repeat(4 * HeldBody.MOST_KEPT);

  private final Shop shop = new Shop();
  private final Resilience resilience = Resilience.create();
  private final HttpClient plain =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @AfterEach
  void close() {
    resilience.close();
    shop.close();
  }

  private static RetryConfig.Builder quick() {
    return RetryConfig.builder()
        .maxAttempts(3)
        .backoff(Backoff.constant(Duration.ofMillis(1)).withJitter(Jitter.NONE));
  }

  private ResilientHttpClientBuilder builder() {
    return ResilientHttpClient.builder(resilience).client(plain).retry(quick().build());
  }

  private HttpRequest get() {
    return HttpRequest.newBuilder(shop.uri()).build();
  }

  private static <T> HttpResponse<T> send(
      boolean async, HttpClient client, HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws Exception {
    return async ? client.sendAsync(request, handler).get() : client.send(request, handler);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("two responses of 503 are followed by one of 200 over one connection")
  void call_twoResponsesOf503_recovers(boolean async) throws Exception {
    shop.then(503, "down").then(503, "").then(200, "apples");
    HttpResponse<String> response = send(async, builder().build(), get(), BodyHandlers.ofString());
    assertThat(response.body()).isEqualTo("apples");
    assertThat(shop.requests).hasValue(3);
    assertThat(shop.connections).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("the body is sent again with each attempt")
  void body_isSentWithEachAttempt(boolean async) throws Exception {
    shop.then(503, "").then(200, "");
    HttpRequest put =
        HttpRequest.newBuilder(shop.uri()).PUT(BodyPublishers.ofString("pears")).build();
    send(async, builder().build(), put, BodyHandlers.discarding());
    assertThat(shop.bodies).containsExactly("pears", "pears");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("the long body of a failed response is returned completely, in any form, if no other"
      + " attempt follows")
  void longBody_noAttemptFollows_isReturned(boolean async, @TempDir Path folder) throws Exception {
    shop.then(503, LONG);
    RetryConfig hasty = quick()
        .backoff(Backoff.constant(Duration.ofSeconds(10)).withJitter(Jitter.NONE))
        .maxDuration(Duration.ofSeconds(1))
        .build();
    HttpClient client = builder().retry(hasty).build();
    assertThat(send(async, client, get(), BodyHandlers.ofString()).body()).isEqualTo(LONG);
    Path file = send(async, client, get(), BodyHandlers.ofFile(folder.resolve("answer")))
        .body();
    assertThat(Files.readString(file)).isEqualTo(LONG);
    try (InputStream stream =
        send(async, client, get(), BodyHandlers.ofInputStream()).body()) {
      assertThat(stream.readAllBytes()).hasSize(LONG.length());
    }
    assertThat(shop.requests).hasValue(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("the long body of a retried response is discarded, and its connection closed")
  void longBody_ofARetriedResponse_isDiscarded(boolean async) throws Exception {
    CountDownLatch rejected = new CountDownLatch(1);
    shop.then(exchange -> {
      try {
        Shop.respond(exchange, 503, LONG.repeat(64));
      } catch (IOException e) {
        rejected.countDown();
        throw e;
      }
    });
    shop.then(200, "apples");
    assertThat(send(async, builder().build(), get(), BodyHandlers.ofString()).body())
        .isEqualTo("apples");
    assertThat(rejected.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(shop.connections).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("an attempt that takes too long is an HttpTimeoutException caused by"
      + " TimeoutExceededException, and a failure")
  void attempt_tooSlow_isATimeout(boolean async) {
    shop.thenHang();
    ResilientHttpClient client =
        builder().noRetry().timeout(Duration.ofMillis(50)).build();
    Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(
        () -> send(async, client, get(), BodyHandlers.ofString()));
    Throwable failure = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
    assertThat(failure)
        .isExactlyInstanceOf(HttpTimeoutException.class)
        .hasCauseInstanceOf(TimeoutExceededException.class)
        .hasMessageContaining("did not finish within 0.05 s");
    CircuitBreaker breaker = client.circuitBreaker(shop.uri()).orElseThrow();
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("an attempt that takes too long is followed by another one")
  void attempt_tooSlow_isRetried(boolean async) throws Exception {
    shop.thenHang().then(200, "apples");
    HttpClient client = builder().timeout(Duration.ofSeconds(1)).build();
    assertThat(send(async, client, get(), BodyHandlers.ofString()).body()).isEqualTo("apples");
    assertThat(shop.requests).hasValue(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a long body that stops in the middle ends at the timeout, also if it was held")
  void longBody_stopsInTheMiddle_endsAtTheTimeout(boolean async) throws Exception {
    CountDownLatch closing = new CountDownLatch(1);
    shop.then(exchange -> {
      exchange.sendResponseHeaders(503, 0);
      exchange.getResponseBody().write(LONG.getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      try {
        closing.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      exchange.close();
    });
    RetryConfig hasty = quick()
        .backoff(Backoff.constant(Duration.ofSeconds(10)).withJitter(Jitter.NONE))
        .maxDuration(Duration.ofSeconds(1))
        .build();
    HttpClient client = builder().retry(hasty).timeout(Duration.ofMillis(500)).build();
    Throwable thrown = org.assertj.core.api.Assertions.catchThrowable(
        () -> send(async, client, get(), BodyHandlers.ofString()));
    Throwable failure = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
    assertThat(failure)
        .isExactlyInstanceOf(HttpTimeoutException.class)
        .hasCauseInstanceOf(TimeoutExceededException.class);
    closing.countDown();
  }

  @Test
  @DisplayName(
      "cancelling the future cancels the request, which counts neither as success nor as failure")
  void future_cancelled_cancelsTheRequest() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch cut = new CountDownLatch(1);
    shop.then(exchange -> {
      exchange.sendResponseHeaders(200, 0);
      arrived.countDown();
      byte[] chunk = new byte[1 << 16];
      try {
        while (true) {
          exchange.getResponseBody().write(chunk);
        }
      } catch (IOException e) {
        cut.countDown();
        throw e;
      }
    });
    ResilientHttpClient client = builder().build();
    CompletableFuture<HttpResponse<Void>> future =
        client.sendAsync(get(), BodyHandlers.discarding());
    arrived.await();
    assertThat(future.cancel(true)).isTrue();
    assertThat(cut.await(30, TimeUnit.SECONDS)).isTrue();
    CircuitBreaker breaker = client.circuitBreaker(shop.uri()).orElseThrow();
    assertThat(breaker.snapshot().totals().failures()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isZero();
  }

  @Test
  @Tag("IN-05")
  @DisplayName("connections that the other side refused open the breaker of their origin")
  void connection_refused_opensTheBreaker() throws Exception {
    URI closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = URI.create("http://localhost:" + socket.getLocalPort() + "/");
    }
    ResilientHttpClient client = builder().noRetry().build();
    HttpRequest request = HttpRequest.newBuilder(closed).build();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
          .isInstanceOf(ConnectException.class);
    }
    assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
        .isInstanceOf(IOException.class)
        .hasCauseInstanceOf(CallNotPermittedException.class);
    assertThat(client.circuitBreaker(closed).orElseThrow().explain().toString())
        .contains("failures");
  }

  @Test
  @DisplayName("a body handler that fails is a failure of the call")
  void handler_fails_failsTheCall() {
    shop.then(503, "down");
    HttpClient client = builder().build();
    assertThatThrownBy(() -> client.send(get(), info -> {
          throw new IllegalStateException("no handler for " + info.statusCode());
        }))
        .hasStackTraceContaining("no handler for 503");
  }
}
