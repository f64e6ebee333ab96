package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No connection stays open for a response that the caller does not receive. */
@org.junit.jupiter.api.Timeout(30)
class AbandonedAnswerTest {
  private static final HttpRequest GET =
      HttpRequest.newBuilder(URI.create("http://shop.example/apples")).build();

  private final ManualTime time = ManualTime.create().autoAdvance(true).fixedRandom(0.5);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();
  private final PendingClient inner = new PendingClient();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static RetryConfig.Builder retry() {
    return RetryConfig.builder()
        .maxAttempts(3)
        .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE));
  }

  private ResilientHttpClientBuilder builder() {
    return ResilientHttpClient.builder(resilience).client(inner).retry(retry().build());
  }

  /** Returns up before the second attempt, when the answer is held already. */
  private ResilientHttpClientBuilder hasty() {
    return builder().retry(retry().maxDuration(Duration.ofMillis(500)).build());
  }

  /** Whose body is there before it is read. */
  static Stream<BodyHandler<?>> openBodies() {
    return Stream.of(
        BodyHandlers.ofInputStream(), BodyHandlers.ofLines(), BodyHandlers.ofPublisher());
  }

  private PendingClient.Exchange exchange(int number) {
    return inner.exchanges.get(number);
  }

  @ParameterizedTest
  @MethodSource("openBodies")
  @DisplayName("a response that crosses the cancellation of its call is released")
  void response_afterCancellation_isReleased(BodyHandler<?> handler) {
    CompletableFuture<?> call = builder().build().sendAsync(GET, handler);
    call.cancel(true);
    assertThat(exchange(0).isCancelled).isTrue();
    exchange(0).answer(200);
    assertThat(exchange(0).isLetGo).isTrue();
  }

  @Test
  @DisplayName(
      "a cancelled request is over before the continuations of the caller run, which may block")
  void request_isCancelledBeforeContinuationsRun() {
    CompletableFuture<?> call = builder().build().sendAsync(GET, BodyHandlers.ofString());
    CompletableFuture<Boolean> seen = call.handle((value, failure) -> exchange(0).isCancelled);
    call.cancel(true);
    assertThat(seen).isCompletedWithValue(true);
  }

  @Test
  @DisplayName("a response that was to be retried, and crosses the cancellation, is released")
  void heldResponse_afterCancellation_isReleased() {
    CompletableFuture<?> call = builder().build().sendAsync(GET, BodyHandlers.ofString());
    call.cancel(true);
    exchange(0).answer(503);
    assertThat(exchange(0).isLetGo).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 503})
  @DisplayName("a response that arrives after its timeout, during another attempt, is released")
  void response_afterItsTimeout_isReleased(int status) throws Exception {
    CompletableFuture<HttpResponse<InputStream>> call = builder()
        .timeout(Duration.ofSeconds(1))
        .build()
        .sendAsync(GET, BodyHandlers.ofInputStream());
    time.advance(Duration.ofMillis(2_500));
    assertThat(inner.exchanges).hasSize(2);
    exchange(0).answer(status);
    assertThat(exchange(0).isLetGo).isTrue();
    exchange(1).answer(200);
    assertThat(call.join().statusCode()).isEqualTo(200);
    assertThat(exchange(1).isLetGo).isFalse();
    call.join().body().close();
    assertThat(exchange(1).isLetGo).isTrue();
  }

  @Test
  @DisplayName(
      "completing the future from outside releases the response that waits for another attempt")
  void heldResponse_futureCompletedFromOutside_isReleased() {
    CompletableFuture<HttpResponse<String>> call =
        builder().build().sendAsync(GET, BodyHandlers.ofString());
    exchange(0).answer(503);
    assertThat(exchange(0).isLetGo).isFalse();
    assertThat(call.complete(null)).isTrue();
    assertThat(exchange(0).isLetGo).isTrue();
    time.advance(Duration.ofMinutes(1));
    assertThat(inner.exchanges).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a response whose handler fails at the end is released")
  void response_handlerFails_isReleased(boolean async) {
    BodyHandler<String> broken = info -> {
      throw new IllegalStateException("no handler for " + info.statusCode());
    };
    ResilientHttpClient client = hasty().build();
    if (async) {
      CompletableFuture<HttpResponse<String>> call = client.sendAsync(GET, broken);
      exchange(0).answer(503);
      assertThatThrownBy(call::join).hasRootCauseMessage("no handler for 503");
    } else {
      assertThatThrownBy(() -> client.send(GET, broken)).hasMessage("no handler for 503");
    }
    assertThat(exchange(0).isLetGo).isTrue();
  }

  @Test
  @DisplayName("a response that arrives too late for a synchronous call is released")
  void response_tooLateForASynchronousCall_isReleased() {
    inner.status = 200;
    inner.meanwhile = () -> time.advance(Duration.ofSeconds(5));
    ResilientHttpClient client =
        builder().noRetry().timeout(Duration.ofSeconds(1)).build();
    assertThatThrownBy(() -> client.send(GET, BodyHandlers.ofInputStream()))
        .isInstanceOf(HttpTimeoutException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(exchange(0).isLetGo).isTrue();
  }

  @Test
  @DisplayName(
      "a rejected result is released before the next attempt, and the last one is returned")
  void rejectedResult_isReleased() throws Exception {
    inner.status = 202;
    RetryConfig untilDone = retry()
        .retryResultIf(result -> ((HttpResponse<?>) result).statusCode() == 202)
        .build();
    HttpResponse<InputStream> last =
        builder().retry(untilDone).build().send(GET, BodyHandlers.ofInputStream());
    assertThat(last.statusCode()).isEqualTo(202);
    assertThat(inner.exchanges).extracting(each -> each.isLetGo).containsExactly(true, true, false);
  }

  @Test
  @DisplayName("the rest of a held response has a timeout, too")
  void restOfAHeldResponse_hasATimeout() {
    CompletableFuture<HttpResponse<String>> call =
        hasty().timeout(Duration.ofSeconds(1)).build().sendAsync(GET, BodyHandlers.ofString());
    exchange(0).answer(503);
    assertThat(call).isNotDone();
    time.advance(Duration.ofSeconds(2));
    assertThat(call)
        .failsWithin(Duration.ZERO)
        .withThrowableThat()
        .withCauseInstanceOf(HttpTimeoutException.class)
        .havingRootCause()
        .isInstanceOf(TimeoutExceededException.class);
    assertThat(exchange(0).isLetGo).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("a call ended by a timeout around it counts against the server that hangs")
  void call_endedByATimeoutAround_countsAgainstTheServer(boolean async) {
    ResilientHttpClient client = builder().build();
    Timeout around = resilience.timeout("around", Duration.ofSeconds(5));
    if (async) {
      CompletableFuture<HttpResponse<String>> call =
          around.callAsync(() -> client.sendAsync(GET, BodyHandlers.ofString()));
      time.advance(Duration.ofSeconds(6));
      assertThatThrownBy(call::join).hasCauseInstanceOf(TimeoutExceededException.class);
      assertThat(exchange(0).isCancelled).isTrue();
    } else {
      inner.status = 200;
      inner.meanwhile =
          () -> time.parkUntil(this, time.nanoTime() + Duration.ofSeconds(6).toNanos());
      assertThatThrownBy(() -> around.callInterruptibly(() -> client.send(GET, interrupted())))
          .isInstanceOf(TimeoutExceededException.class);
    }
    assertThat(
            client.circuitBreaker(GET.uri()).orElseThrow().snapshot().totals().failures())
        .isOne();
  }

  /** What a client does when its thread is interrupted. */
  private static BodyHandler<String> interrupted() {
    return info -> {
      throw Failures.<RuntimeException>as(new InterruptedException("by the limit"));
    };
  }

  @Test
  @DisplayName("a cancelled call does not count against the server, also with a timeout around it")
  void call_cancelledInsideATimeout_doesNotCount() {
    ResilientHttpClient client = builder().build();
    Timeout around = resilience.timeout("around", Duration.ofSeconds(5));
    CompletableFuture<HttpResponse<String>> call =
        around.callAsync(() -> client.sendAsync(GET, BodyHandlers.ofString()));
    time.advance(Duration.ofSeconds(4));
    call.cancel(true);
    assertThat(exchange(0).isCancelled).isTrue();
    assertThat(
            client.circuitBreaker(GET.uri()).orElseThrow().snapshot().totals().failures())
        .isZero();
  }

  @Test
  @DisplayName("a failure to close a released response does not affect the call")
  void releasedBody_failsToClose_affectsNoCall() {
    AtomicInteger closed = new AtomicInteger();
    InputStream broken = new InputStream() {
      @Override
      public int read() {
        return -1;
      }

      @Override
      public void close() throws IOException {
        closed.incrementAndGet();
        throw new IOException("closing");
      }
    };
    CompletableFuture<?> call = builder()
        .build()
        .sendAsync(
            GET,
            info -> BodySubscribers.mapping(BodySubscribers.ofInputStream(), stream -> broken));
    call.cancel(true);
    exchange(0).answer(200);
    assertThat(closed).hasValue(1);
  }
}
