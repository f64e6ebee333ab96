package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.hedge.HedgeTotals;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Slow requests run a second time beside themselves, if they may. */
@Timeout(60)
class HedgedRequestTest {
  private static final URI SHOP = URI.create("http://shop.example/apples");
  private static final HttpRequest GET = HttpRequest.newBuilder(SHOP).build();

  private final ManualTime time = ManualTime.create().autoAdvance(true).fixedRandom(0.5);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();
  private final PendingClient inner = new PendingClient();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static HedgeConfig.Builder afterFiftyMillis() {
    return HedgeConfig.forIdempotentCalls().delay(Duration.ofMillis(50));
  }

  private static RetryConfig.Builder afterOneSecond() {
    return RetryConfig.builder()
        .maxAttempts(3)
        .backoff(Backoff.constant(Duration.ofSeconds(1)).withJitter(Jitter.NONE));
  }

  private ResilientHttpClientBuilder builder(UnaryOperator<HedgeConfig.Builder> settings) {
    return ResilientHttpClient.builder(resilience)
        .client(inner)
        .noRetry()
        .hedge(settings.apply(afterFiftyMillis()).build());
  }

  private ResilientHttpClientBuilder builder() {
    return builder(settings -> settings);
  }

  private static CompletableFuture<HttpResponse<InputStream>> get(HttpClient client) {
    return client.sendAsync(GET, BodyHandlers.ofInputStream());
  }

  private void pass(int millis) {
    time.advance(Duration.ofMillis(millis));
  }

  private PendingClient.Exchange exchange(int number) {
    return inner.exchanges.get(number);
  }

  private HedgeTotals totals() {
    return resilience.hedge("http").totals();
  }

  private static void assertStatus(CompletableFuture<? extends HttpResponse<?>> call, int status) {
    assertThat(call).isCompleted();
    assertThat(call.join().statusCode()).isEqualTo(status);
  }

  @Test
  @Tag("HG-23")
  @DisplayName(
      "a slow request is sent again; the first response wins, and that of the loser is closed")
  void slowRequest_isSentAgain() throws Exception {
    CompletableFuture<HttpResponse<InputStream>> call = get(builder().build());
    pass(60);
    assertThat(inner.exchanges).hasSize(2);
    exchange(1).answer(200);
    assertStatus(call, 200);
    time.runPending();
    assertThat(exchange(0).isCancelled).isTrue();
    exchange(0).answer(200);
    assertThat(exchange(0).isLetGo)
        .as("a response that crosses its cancellation")
        .isTrue();
    assertThat(exchange(1).isLetGo).isFalse();
    call.join().body().close();
    assertThat(exchange(1).isLetGo).isTrue();
    assertThat(totals().won()).isEqualTo(1);
  }

  @Test
  @Tag("HG-23")
  @DisplayName("a request that is answered in time is sent once")
  void quickRequest_isSentOnce() {
    CompletableFuture<HttpResponse<InputStream>> call = get(builder().build());
    exchange(0).answer(404);
    assertStatus(call, 404);
    pass(1_000);
    assertThat(inner.exchanges).hasSize(1);
  }

  @Test
  @Tag("HG-23")
  @DisplayName("the handler of the caller sees one response, that which wins")
  void handler_seesOneResponse() {
    List<Integer> seen = new ArrayList<>();
    BodyHandler<Void> handler = info -> {
      seen.add(info.statusCode());
      return HttpResponse.BodySubscribers.replacing(null);
    };
    CompletableFuture<HttpResponse<Void>> call = builder().build().sendAsync(GET, handler);
    exchange(0).answer(500);
    time.runPending();
    exchange(1).answer(201);
    assertThat(seen).containsExactly(201);
    call.cancel(true);
    assertThat(exchange(0).isLetGo).isTrue();
    assertThat(exchange(1).isLetGo).isTrue();
  }

  @Test
  @Tag("HG-23")
  @DisplayName(
      "a response of a transient status starts the hedge at once, and is closed if that wins")
  void transientStatus_isHedgedAtOnce() {
    CompletableFuture<HttpResponse<InputStream>> call = get(builder().build());
    exchange(0).answer(500);
    time.runPending();
    assertThat(inner.exchanges).hasSize(2);
    assertThat(exchange(0).isLetGo).isFalse();
    exchange(1).answer(200);
    assertStatus(call, 200);
    assertThat(exchange(0).isLetGo).isTrue();
    assertThat(exchange(1).isLetGo).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HG-23")
  @DisplayName(
      "if all attempts fail, the caller gets the response of the first one, whichever came first")
  void allFail_theFirstResponseIsReturned(boolean isHedgeFirst) {
    CompletableFuture<HttpResponse<InputStream>> call = get(builder().build());
    pass(60);
    exchange(isHedgeFirst ? 1 : 0).answer(isHedgeFirst ? 502 : 500);
    assertThat(call).isNotDone();
    exchange(isHedgeFirst ? 0 : 1).answer(isHedgeFirst ? 500 : 502);
    assertStatus(call, 500);
    assertThat(exchange(0).isLetGo).isFalse();
    assertThat(exchange(1).isLetGo).isTrue();
  }

  @Test
  @Tag("HG-23")
  @DisplayName("a retry sees a round of attempts as one, and the breaker the call as one")
  void retry_isAroundTheHedge() {
    ResilientHttpClient client = builder().retry(afterOneSecond().build()).build();
    CompletableFuture<HttpResponse<InputStream>> call = get(client);
    exchange(0).answer(500);
    time.runPending();
    exchange(1).answer(500);
    assertThat(inner.exchanges).hasSize(2);
    pass(1_010);
    assertThat(inner.exchanges).hasSize(3);
    assertThat(exchange(0).isLetGo).isTrue();
    assertThat(exchange(1).isLetGo).isTrue();
    pass(60);
    exchange(3).answer(200);
    assertStatus(call, 200);
    time.runPending();
    assertThat(exchange(2).isCancelled).isTrue();
    var breaker = client.circuitBreaker(SHOP).orElseThrow().snapshot().totals();
    assertThat(breaker.successes()).isEqualTo(1);
    assertThat(breaker.failures()).isZero();
  }

  static Stream<HttpRequest> unrepeatable() {
    return Stream.of(
        HttpRequest.newBuilder(SHOP).POST(BodyPublishers.ofString("pears")).build(),
        HttpRequest.newBuilder(SHOP)
            .PUT(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[1])))
            .build());
  }

  @ParameterizedTest
  @MethodSource("unrepeatable")
  @Tag("HG-23")
  @DisplayName("a request that may not be repeated runs without a hedge")
  void unrepeatable_isNotHedged(HttpRequest request) {
    CompletableFuture<HttpResponse<String>> call =
        builder().build().sendAsync(request, BodyHandlers.ofString());
    pass(1_000);
    assertThat(inner.exchanges).hasSize(1);
    call.cancel(true);
  }

  @Test
  @Tag("HG-23")
  @DisplayName("a request with a push handler runs without a hedge, and so does one in a hedge")
  void pushesAndHedges_areNotHedged() {
    ResilientHttpClient client = builder().build();
    var pushed = client.sendAsync(GET, BodyHandlers.ofString(), (a, b, c) -> {});
    pass(1_000);
    assertThat(inner.exchanges).hasSize(1);
    Hedge around = resilience.hedge("around", afterFiftyMillis().build());
    CompletableFuture<HttpResponse<InputStream>> call = around.callAsync(() -> get(client));
    pass(1_000);
    assertThat(inner.exchanges).as("one hedge of the outer one").hasSize(3);
    call.cancel(true);
    pushed.cancel(true);
  }

  @Test
  @Tag("HG-23")
  @DisplayName("the probe of a half-open breaker is not doubled")
  void probe_isNotHedged() {
    CircuitBreakerConfig config = CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldown(Duration.ofSeconds(10))
        .build();
    ResilientHttpClient client = builder().circuitBreaker(config).build();
    CompletableFuture<HttpResponse<InputStream>> failing = get(client);
    exchange(0).answer(500);
    time.runPending();
    exchange(1).answer(500);
    assertStatus(failing, 500);
    assertThat(client.circuitBreaker(SHOP).orElseThrow().state())
        .isEqualTo(CircuitBreakerState.OPEN);
    pass(11_000);
    CompletableFuture<HttpResponse<InputStream>> probe = get(client);
    pass(1_000);
    assertThat(inner.exchanges).hasSize(3);
    exchange(2).answer(200);
    assertStatus(probe, 200);
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  @Tag("HG-15")
  @DisplayName("a response that asks callers to slow down starts no hedge")
  void pushBackOfTheFirst_isNotHedged(int status) {
    CompletableFuture<HttpResponse<InputStream>> call =
        get(builder(c -> c.hedgeOn(failure -> true)).build());
    exchange(0).answer(status);
    assertStatus(call, status);
    pass(1_000);
    assertThat(inner.exchanges).hasSize(1);
    assertThat(exchange(0).isLetGo).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 503})
  @Tag("HG-15")
  @DisplayName("after a hedge that was asked to slow down, no further one starts")
  void pushBackOfAHedge_startsNoFurtherOne(int status) {
    CompletableFuture<HttpResponse<InputStream>> call =
        get(builder(c -> c.maxHedges(3)).build());
    pass(60);
    exchange(1).answer(status);
    pass(1_000);
    assertThat(inner.exchanges).hasSize(2);
    exchange(0).answer(200);
    assertStatus(call, 200);
    assertThat(exchange(1).isLetGo).isTrue();
  }

  @Test
  @Tag("HG-15")
  @DisplayName("after a hedge that the rate limiter rejected, no further one starts")
  void rejectedHedge_startsNoFurtherOne() {
    RateLimiterConfig one =
        RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).burst(1).build();
    CompletableFuture<HttpResponse<InputStream>> call =
        get(builder(c -> c.maxHedges(3)).rateLimiter(one).build());
    pass(1_000);
    assertThat(inner.exchanges).hasSize(1);
    assertThat(totals().rejected()).isEqualTo(1);
    exchange(0).answer(200);
    assertStatus(call, 200);
  }

  @Test
  @Tag("HG-23")
  @DisplayName(
      "a hedge without a budget shares that of the retry, and equal clients share the hedge")
  void budget_isThatOfTheRetry() {
    RetryBudget budget = resilience.retryBudget("shop");
    RetryConfig retry = afterOneSecond().budget(budget).build();
    builder().retry(retry).build();
    builder().retry(retry).build();
    assertThat(resilience.hedge("http").config().budget()).isSameAs(budget);
    RetryBudget own = resilience.retryBudget("own");
    builder(c -> c.budget(own)).name("other").retry(retry).build();
    assertThat(resilience.hedge("other").config().budget()).isSameAs(own);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HG-23")
  @DisplayName("over real connections, each attempt sends the whole body, and one answer suffices")
  void realRequest_isSentTwice(boolean async) throws Exception {
    try (Shop shop = new Shop();
        Resilience real = Resilience.create()) {
      shop.thenHang().then(200, "apples");
      HttpClient plain =
          HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      ResilientHttpClient client = ResilientHttpClient.builder(real)
          .client(plain)
          .hedge(afterFiftyMillis().build())
          .build();
      HttpRequest put = HttpRequest.newBuilder(shop.uri())
          .PUT(BodyPublishers.ofString("pears"))
          .build();
      HttpResponse<String> response = async
          ? client.sendAsync(put, BodyHandlers.ofString()).get()
          : client.send(put, BodyHandlers.ofString());
      assertThat(response.body()).isEqualTo("apples");
      assertThat(shop.bodies).containsExactly("pears", "pears");
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HG-23")
  @DisplayName("over real connections, bodies of any length come whole, and the empty one, too")
  void realBodies_comeWhole(boolean async) throws Exception {
    String longBody = "x".repeat(4 * HeldBody.MOST_KEPT);
    try (Shop shop = new Shop();
        Resilience real = Resilience.create()) {
      shop.then(200, longBody).then(200, "").then(500, "").then(200, "apples");
      ResilientHttpClient client = ResilientHttpClient.builder(real)
          .hedge(afterFiftyMillis().delay(Duration.ofMinutes(1)).build())
          .build();
      for (String body : List.of(longBody, "", "apples")) {
        HttpRequest request = HttpRequest.newBuilder(shop.uri()).build();
        HttpResponse<String> response = async
            ? client.sendAsync(request, BodyHandlers.ofString()).get()
            : client.send(request, BodyHandlers.ofString());
        assertThat(response.body()).isEqualTo(body);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HG-23")
  @DisplayName(
      "over real connections, the whole answer of the first attempt is returned if all fail")
  void realFailures_theFirstIsReturned(boolean async) throws Exception {
    try (Shop shop = new Shop();
        Resilience real = Resilience.create()) {
      shop.then(500, "first").then(502, "second");
      ResilientHttpClient client = ResilientHttpClient.builder(real)
          .noRetry()
          .hedge(afterFiftyMillis().delay(Duration.ofMinutes(1)).build())
          .build();
      HttpRequest request = HttpRequest.newBuilder(shop.uri()).build();
      HttpResponse<String> response = async
          ? client.sendAsync(request, BodyHandlers.ofString()).get()
          : client.send(request, BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).isEqualTo("first");
      assertThat(shop.requests).hasValue(2);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HG-23")
  @DisplayName("attempts that start together, in any order, lose no answer, also after a retry")
  void realAttemptsStartTogether_noAnswerIsLost(boolean async) throws Exception {
    try (Shop shop = new Shop();
        Resilience real = Resilience.create()) {
      RetryBudget budget = real.retryBudget("large", b -> b.capacity(1_000));
      ResilientHttpClient client = ResilientHttpClient.builder(real)
          .retry(afterOneSecond()
              .backoff(Backoff.constant(Duration.ofMillis(1)).withJitter(Jitter.NONE))
              .build())
          .hedge(afterFiftyMillis().delay(Duration.ZERO).budget(budget).build())
          .build();
      HttpRequest request = HttpRequest.newBuilder(shop.uri()).build();
      shop.then(500, "").then(500, "").then(200, "apples");
      for (int i = 0; i < 50; i++) {
        HttpResponse<String> response = async
            ? client.sendAsync(request, BodyHandlers.ofString()).get()
            : client.send(request, BodyHandlers.ofString());
        assertThat(response.body()).isEqualTo("apples");
      }
      assertThat(real.hedge("http").totals().hedges()).isPositive();
    }
  }

  @Test
  @Tag("HG-23")
  @DisplayName("a hedge that wins before the first attempt begins keeps its answer")
  void hedgeBeforeTheFirstAttempt_keepsItsAnswer() throws Exception {
    try (Resilience inline = Resilience.builder().executor(Runnable::run).build()) {
      ResilientHttpClient client = ResilientHttpClient.builder(inline)
          .client(new ScriptedClient().answer(200))
          .hedge(afterFiftyMillis().delay(Duration.ZERO).build())
          .build();
      assertThat(client.send(GET, BodyHandlers.ofString()).body()).isEqualTo("body of 200");
      assertThat(inline.hedge("http").totals().won()).isEqualTo(1);
      assertThat(Thread.interrupted()).isFalse();
    }
  }
}
