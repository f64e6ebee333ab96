package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceClosedException;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.testing.ManualTime;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of answers and failures, without a network, most of it on both paths. */
class ResilientHttpClientTest {
  private static final URI SHOP = URI.create("http://shop.example/apples");

  private final ManualTime time = ManualTime.create().autoAdvance(true).fixedRandom(0.5);
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();
  private final ScriptedClient inner = new ScriptedClient();
  private final List<RetryEvent> events = new ArrayList<>();
  private long began;

  @AfterEach
  void close() {
    resilience.close();
  }

  private static RetryConfig retry(int attempts) {
    return RetryConfig.builder()
        .maxAttempts(attempts)
        .backoff(Backoff.exponential(Duration.ofSeconds(1)).withJitter(Jitter.NONE))
        .build();
  }

  private ResilientHttpClientBuilder builder() {
    return ResilientHttpClient.builder(resilience).client(inner).retry(retry(3));
  }

  private static HttpRequest get() {
    return HttpRequest.newBuilder(SHOP).build();
  }

  private static HttpRequest post(BodyPublisher body) {
    return HttpRequest.newBuilder(SHOP).POST(body).build();
  }

  private HttpResponse<String> send(boolean async, HttpClient client, HttpRequest request)
      throws Exception {
    began = time.nanoTime();
    if (!async) {
      return client.send(request, BodyHandlers.ofString());
    }
    CompletableFuture<HttpResponse<String>> future =
        client.sendAsync(request, BodyHandlers.ofString());
    while (!future.isDone()) {
      time.advance(Duration.ofMillis(100));
    }
    try {
      return future.join();
    } catch (CompletionException e) {
      throw (Exception) e.getCause();
    }
  }

  private Duration waited() {
    return Duration.ofNanos(time.nanoTime() - began);
  }

  private CircuitBreaker breaker(ResilientHttpClient client) {
    return client.circuitBreaker(SHOP).orElseThrow();
  }

  private void assertCounted(ResilientHttpClient client, long successes, long failures) {
    assertThat(breaker(client).snapshot().totals().successes()).isEqualTo(successes);
    assertThat(breaker(client).snapshot().totals().failures()).isEqualTo(failures);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("HT-10 IN-02: a success is the response, one call, and one success for the breaker")
  void success(boolean async) throws Exception {
    inner.answer(200);
    ResilientHttpClient client = builder().build();
    HttpResponse<String> response = send(async, client, get());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("body of 200");
    assertThat(inner.sent).hasSize(1);
    assertCounted(client, 1, 0);
    ResilientHttpClient bare = builder().noCircuitBreaker().noRetry().build();
    assertThat(send(async, bare, get()).statusCode()).isEqualTo(200);
    assertThat(bare.circuitBreaker(SHOP)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("HT-12: two refused connections, then a success; waits of one and two seconds")
  void connectionErrors(boolean async) throws Exception {
    inner.fail(new ConnectException()).fail(new ConnectException()).answer(200);
    assertThat(send(async, builder().build(), get()).statusCode()).isEqualTo(200);
    assertThat(inner.sent).hasSize(3);
    assertThat(waited()).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3_200));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "HT-13 HT-22 fault 46: a timeout, then a success, is one call and one success for the breaker")
  void oneOutcomePerCall(boolean async) throws Exception {
    inner.fail(new HttpTimeoutException("slow")).answer(200);
    ResilientHttpClient client = builder().build();
    send(async, client, get());
    assertCounted(client, 1, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "HT-15 RT-34: two retries are three calls and the last failure; one attempt is one call and no wait")
  void exhausted(boolean async) {
    IOException last = new ConnectException("third");
    inner
        .fail(new ConnectException("first"))
        .fail(new ConnectException("second"))
        .fail(last);
    ResilientHttpClient client = builder().build();
    assertThatThrownBy(() -> send(async, client, get()))
        .isSameAs(last)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
    assertThat(inner.sent).hasSize(3);
    assertCounted(client, 0, 1);
    ResilientHttpClient once = builder().name("once").retry(retry(1)).build();
    assertThatThrownBy(() -> send(async, once, get())).isSameAs(last);
    assertThat(inner.sent).hasSize(4);
    assertThat(waited()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "HT-16 IN-03: where every attempt is a 503 the caller has the last one with its body, and the breaker a failure")
  void lastAnswerIsGiven(boolean async) throws Exception {
    inner.answer(503).answer(502).answer(504);
    ResilientHttpClient client = builder().build();
    resilience.retry("http").subscribe(events::add);
    HttpResponse<String> response = send(async, client, get());
    assertThat(response.statusCode()).isEqualTo(504);
    assertThat(response.body()).isEqualTo("body of 504");
    assertCounted(client, 0, 1);
    time.runPending();
    HttpFailures failures = HttpFailures.standard();
    assertThat(events)
        .extracting(event -> failures.status(event.failure()).orElse(0) + " " + event.delay())
        .containsExactly("503 PT1S", "502 PT2S", "504 PT0S");
    assertThat(events.get(2).kind()).isEqualTo(RetryEvent.Kind.EXHAUSTED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "a response that was held for another attempt comes out whole where there is none after all")
  void heldAnswerIsGiven(boolean async) throws Exception {
    inner.answer(503, "X-Reason", "maintenance");
    RetryConfig hasty = retry(3).toBuilder().maxDuration(Duration.ofMillis(500)).build();
    HttpResponse<String> response = send(async, builder().retry(hasty).build(), get());
    assertThat(inner.sent).hasSize(1);
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).isEqualTo("body of 503");
    assertThat(response.headers().firstValue("x-reason")).hasValue("maintenance");
    assertThat(response.uri()).isEqualTo(SHOP);
    assertThat(response.request().uri()).isEqualTo(SHOP);
    assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    assertThat(response.previousResponse()).isEmpty();
    assertThat(response.sslSession()).isEmpty();
    assertThat(((ResponseWithBody<String>) response).connectionLabel())
        .isEqualTo(
            Runtime.version().feature() >= 25 ? Optional.of("connection 1") : Optional.empty());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "HT-14 fault 50: a 400 is one call and a response, and counts as a failure only where that is asked for")
  void clientErrors(boolean async) throws Exception {
    inner.answer(400);
    ResilientHttpClient client = builder().build();
    assertThat(send(async, client, get()).body()).isEqualTo("body of 400");
    assertThat(inner.sent).hasSize(1);
    assertCounted(client, 1, 0);
    ResilientHttpClient strict =
        builder().name("strict").recordClientErrors(true).build();
    assertThat(send(async, strict, get()).body()).isEqualTo("body of 400");
    assertThat(inner.sent).hasSize(2);
    assertCounted(strict, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("HT-14: a client error that counts is not tried again, whatever retryIf says")
  void countedClientError(boolean async) throws Exception {
    inner.answer(400);
    ResilientHttpClient client = builder()
        .recordClientErrors(true)
        .retry(retry(3).toBuilder().retryIf(failure -> true).build())
        .build();
    assertThat(send(async, client, get()).statusCode()).isEqualTo(400);
    assertThat(inner.sent).hasSize(1);
    assertCounted(client, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("where the runtime is closed, a call is an IOException with ours as its cause")
  void closedRuntime(boolean async) {
    inner.fail(new ConnectException());
    HttpClient client = builder().timeout(Duration.ofSeconds(5)).build();
    HttpClient unlimited = builder().noRetry().name("unlimited").build();
    resilience.close();
    assertThatThrownBy(() -> send(async, client, get()))
        .isExactlyInstanceOf(IOException.class)
        .hasCauseInstanceOf(ResilienceClosedException.class);
    assertThatThrownBy(() -> send(async, unlimited, get())).isInstanceOf(ConnectException.class);
  }

  @Test
  @DisplayName("origins beyond the bound share one breaker")
  void boundOfOrigins() throws Exception {
    inner.fail(new ConnectException());
    ResilientHttpClient client = builder()
        .noRetry()
        .maxOrigins(1)
        .circuitBreaker(CircuitBreakerConfig.builder().failureThreshold(1).build())
        .build();
    assertThatThrownBy(() -> send(false, client, get())).isInstanceOf(ConnectException.class);
    CircuitBreaker second =
        client.circuitBreaker(URI.create("http://second.example/")).orElseThrow();
    CircuitBreaker third =
        client.circuitBreaker(URI.create("http://third.example/")).orElseThrow();
    assertThat(second).isSameAs(third).isNotSameAs(breaker(client));
    assertThat(breaker(client).state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(second.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("an address without a host has no breaker")
  void noHost() {
    ResilientHttpClient client = builder().build();
    assertThatThrownBy(() -> client.circuitBreaker(URI.create("mailto:shop@shop.example")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("uri must have a host: mailto:shop@shop.example");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "HT-11 IN-04: a refusal is an IOException with ours as its cause, and nothing is sent")
  void refused(boolean async) {
    inner.answer(200);
    ResilientHttpClient client = builder().build();
    breaker(client).forceOpen();
    assertThatThrownBy(() -> send(async, client, get()))
        .isExactlyInstanceOf(IOException.class)
        .cause()
        .isInstanceOfSatisfying(
            CallNotPermittedException.class,
            refusal ->
                assertThat(refusal.getMessage()).contains("http").contains("shop.example:80"));
    assertThat(inner.sent).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("HT-11: the refusal says how long the breaker stays open")
  void refusalHasCooldown(boolean async) {
    inner.fail(new ConnectException());
    ResilientHttpClient client = builder()
        .noRetry()
        .circuitBreaker(CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .cooldown(Duration.ofSeconds(30))
            .build())
        .build();
    assertThatThrownBy(() -> send(async, client, get())).isInstanceOf(ConnectException.class);
    assertThatThrownBy(() -> send(async, client, get()))
        .cause()
        .isInstanceOfSatisfying(
            CallNotPermittedException.class,
            refusal -> assertThat(refusal.remainingCooldown()).isEqualTo(Duration.ofSeconds(30)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("HT-22 fault 46: attempts stop when the breaker opens meanwhile")
  void breakerOpensMeanwhile(boolean async) throws Exception {
    inner.answer(503);
    ResilientHttpClient client = builder().retry(retry(4)).build();
    resilience.retry("http").subscribe(event -> breaker(client).forceOpen());
    HttpResponse<String> response = send(async, client, get());
    assertThat(response.body()).isEqualTo("body of 503");
    assertThat(inner.sent).hasSizeLessThan(4);
  }

  @Test
  @DisplayName(
      "IN-01 IN-05: each origin has a breaker of its own; three failures open one and leave the others")
  void perOrigin() throws Exception {
    inner.fail(new ConnectException());
    ResilientHttpClient client = builder().noRetry().build();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> send(false, client, get())).isInstanceOf(ConnectException.class);
    }
    assertThat(breaker(client).state()).isEqualTo(CircuitBreakerState.OPEN);
    URI elsewhere = URI.create("https://SHOP.example/apples");
    CircuitBreaker other = client.circuitBreaker(elsewhere).orElseThrow();
    assertThat(other.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(client.circuitBreaker(URI.create("https://shop.example:443/x"))).contains(other);
    assertThat(client.circuitBreaker(URI.create("HTTP://shop.EXAMPLE:80/")))
        .contains(breaker(client));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "HT-07 HT-08 IN-07: a breaker that is given is used for all origins, and a 503 counts for it")
  void givenBreaker(boolean async) throws Exception {
    inner.answer(503);
    CircuitBreaker given = resilience.circuitBreaker("given");
    ResilientHttpClient client =
        builder().noCircuitBreaker().circuitBreaker(given).build();
    assertThat(client.circuitBreaker(SHOP)).contains(given);
    send(async, client, get());
    assertThat(given.snapshot().totals().failures()).isEqualTo(1);
    assertThat(resilience.keyedCircuitBreakers()).isEmpty();
  }

  @Test
  @DisplayName("HT-07: by default three failures open the breaker of an origin for 60 s")
  void defaultBreaker() {
    CircuitBreakerConfig config = breaker(builder().build()).config();
    assertThat(config.failureThreshold()).isEqualTo(3);
    assertThat(config.cooldown()).isEqualTo(Duration.ofSeconds(60));
    CircuitBreakerConfig own = CircuitBreakerConfig.builder()
        .failureThreshold(5)
        .cooldown(Duration.ofSeconds(30))
        .build();
    CircuitBreakerConfig set =
        breaker(builder().name("own").circuitBreaker(own).build()).config();
    assertThat(set.failureThreshold()).isEqualTo(5);
    assertThat(set.cooldown()).isEqualTo(Duration.ofSeconds(30));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("HT-17 HT-25 fault 48: Retry-After is waited for, up to the cap of the backoff")
  void retryAfter(boolean async) throws Exception {
    inner.answer(503, "Retry-After", "10").answer(200);
    ResilientHttpClient client = builder().build();
    send(async, client, get());
    assertThat(waited()).isBetween(Duration.ofSeconds(10), Duration.ofMillis(10_200));
    inner.answer(503, "Retry-After", "2592000").answer(200);
    send(async, client, get());
    send(async, client, get());
    assertThat(waited()).isBetween(Duration.ofSeconds(30), Duration.ofMillis(30_200));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("fault 52: a POST is sent once, whether it fails or is answered with 503")
  void postIsNotRepeated(boolean async) throws Exception {
    inner.answer(503).fail(new IOException("reset"));
    ResilientHttpClient client = builder().build();
    assertThat(send(async, client, post(BodyPublishers.ofString("order"))).body())
        .isEqualTo("body of 503");
    assertThat(inner.sent).hasSize(1);
    assertThatThrownBy(() -> send(async, client, post(BodyPublishers.ofString("order"))))
        .hasMessage("reset");
    assertThat(inner.sent).hasSize(2);
    assertCounted(client, 0, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,3",
    "HEAD,3",
    "OPTIONS,3",
    "TRACE,3",
    "PUT,3",
    "DELETE,3",
    "POST,1",
    "PATCH,1",
    "get,1"
  })
  @DisplayName(
      "fault 52: the method says what may be repeated; a name is that of a method in capitals only")
  void methods(String method, int attempts) throws Exception {
    inner.answer(503);
    HttpRequest request =
        HttpRequest.newBuilder(SHOP).method(method, BodyPublishers.noBody()).build();
    assertThat(send(false, builder().build(), request).statusCode()).isEqualTo(503);
    assertThat(inner.sent).hasSize(attempts);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("fault 52: a POST is repeated where it did not even get a connection")
  void unsentPostIsRepeated(boolean async) throws Exception {
    inner
        .fail(new ConnectException())
        .fail(new HttpConnectTimeoutException("slow"))
        .answer(201);
    assertThat(send(async, builder().build(), post(BodyPublishers.ofString("order")))
            .statusCode())
        .isEqualTo(201);
    assertThat(inner.sent).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "fault 52: where redirects are followed, a POST without a connection is not repeated: it may have arrived elsewhere")
  void redirectedPostIsNotRepeated(boolean async) {
    inner.fail(new ConnectException());
    inner.redirects = HttpClient.Redirect.NORMAL;
    HttpClient client = builder().build();
    assertThatThrownBy(() -> send(async, client, post(BodyPublishers.ofString("order"))))
        .isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(1);
    assertThatThrownBy(() -> send(async, client, get())).isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "fault 52: a POST with an idempotency key, or that somebody vouches for, is repeated")
  void idempotentPostIsRepeated(boolean async) throws Exception {
    inner.answer(503).answer(200);
    HttpRequest keyed = HttpRequest.newBuilder(SHOP)
        .header("Idempotency-Key", "42")
        .POST(BodyPublishers.ofByteArray(new byte[] {1}))
        .build();
    assertThat(send(async, builder().build(), keyed).statusCode()).isEqualTo(200);
    inner.answer(503).answer(200);
    ResilientHttpClient lenient = builder().idempotentIf(request -> true).build();
    HttpRequest post = post(BodyPublishers.noBody());
    assertThat(send(async, lenient, post).statusCode()).isEqualTo(200);
    assertThat(send(async, lenient, post).statusCode()).isEqualTo(200);
    assertThat(inner.sent).hasSize(5);
  }

  @Test
  @DisplayName(
      "fault 52: a body that is not known to be replayable is sent once, unless somebody vouches for it")
  void unknownBodyIsNotRepeated() throws Exception {
    inner.fail(new ConnectException());
    BodyPublisher stream =
        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[1]));
    HttpClient client = builder().build();
    HttpRequest put = HttpRequest.newBuilder(SHOP).PUT(stream).build();
    assertThatThrownBy(() -> send(false, client, put)).isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(1);
    HttpRequest replayable =
        HttpRequest.newBuilder(SHOP).PUT(ReplayableBody.of(stream)).build();
    assertThatThrownBy(() -> send(false, client, replayable)).isInstanceOf(ConnectException.class);
    assertThat(inner.sent).hasSize(4);
    assertThat(ReplayableBody.of(stream).contentLength()).isEqualTo(stream.contentLength());
  }

  @Test
  @DisplayName(
      "fault 47: mistakes of the caller are neither repeated nor counted against the server")
  void mistakes() {
    inner.fail(new IllegalArgumentException("restricted header"));
    ResilientHttpClient client = builder().build();
    assertThatThrownBy(() -> send(false, client, get()))
        .isExactlyInstanceOf(IllegalArgumentException.class);
    assertThat(inner.sent).hasSize(1);
    assertCounted(client, 0, 0);
  }

  @Test
  @DisplayName("fault 47: the default waits are jittered")
  void jitter() throws Exception {
    time.fixedRandom(0.99);
    inner.answer(503).answer(200);
    ResilientHttpClient client =
        ResilientHttpClient.builder(resilience).client(inner).build();
    send(false, client, get());
    assertThat(waited()).isBetween(Duration.ofMillis(501), Duration.ofMillis(650));
  }

  @Test
  @DisplayName("HT-06 HT-18: other statuses may be transient")
  void customStatuses() throws Exception {
    inner.answer(418).answer(503);
    HttpClient client = builder().transientStatuses(Set.of(418)).build();
    assertThat(send(false, client, get()).statusCode()).isEqualTo(503);
    assertThat(inner.sent).hasSize(2);
  }

  @Test
  @DisplayName(
      "two clients of one name share their policies, and each has its own transient statuses")
  void sharedName() throws Exception {
    inner.answer(418).answer(418).answer(503);
    HttpClient first = builder().build();
    HttpClient second = builder().transientStatuses(Set.of(418)).build();
    assertThat(send(false, first, get()).statusCode()).isEqualTo(418);
    assertThat(send(false, second, get()).statusCode()).isEqualTo(503);
    assertThat(inner.sent).hasSize(3);
    assertThat(resilience.retries()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName("fault 52: a result that is not good enough is no reason to send a POST again")
  void postIsNotRepeatedForItsResult(boolean async) throws Exception {
    inner.answer(202);
    RetryConfig untilDone = retry(3).toBuilder()
        .retryOnResult(result -> ((HttpResponse<?>) result).statusCode() == 202)
        .build();
    HttpClient client = builder().retry(untilDone).build();
    send(async, client, post(BodyPublishers.ofString("order")));
    assertThat(inner.sent).hasSize(1);
    send(async, client, get());
    assertThat(inner.sent).hasSize(4);
  }

  @Test
  @DisplayName("an interrupt stays one, and counts as nothing")
  void interrupted() {
    inner.fail(new InterruptedException("stop"));
    ResilientHttpClient client = builder().build();
    assertThatThrownBy(() -> send(false, client, get()))
        .isExactlyInstanceOf(InterruptedException.class);
    assertCounted(client, 0, 0);
  }

  @Test
  @DisplayName("it is an HttpClient: what it is asked, the client inside answers")
  void delegates() throws Exception {
    inner.answer(200);
    inner.redirects = HttpClient.Redirect.ALWAYS;
    ResilientHttpClient client = builder().build();
    assertThat(client.cookieHandler()).isEqualTo(inner.cookieHandler());
    assertThat(client.connectTimeout()).isEqualTo(inner.connectTimeout());
    assertThat(client.followRedirects()).isEqualTo(inner.followRedirects());
    assertThat(client.proxy()).isEqualTo(inner.proxy());
    assertThat(client.sslContext()).isSameAs(inner.sslContext());
    assertThat(client.sslParameters().getCipherSuites()).containsExactly("a suite");
    assertThat(client.authenticator()).isEqualTo(inner.authenticator());
    assertThat(client.version()).isEqualTo(inner.version());
    assertThat(client.executor()).isEqualTo(inner.executor());
    assertThat(client.newWebSocketBuilder()).isNotNull();
    assertThat(client
            .sendAsync(get(), BodyHandlers.ofString(), (a, b, c) -> {})
            .join()
            .body())
        .isEqualTo("body of 200");
    assertThat(inner.told).containsExactly("newWebSocketBuilder", "sendAsync with pushes");
    assertThat(client).hasToString("resilient HTTP client 'http'");
  }

  @Test
  @DisplayName("what JDK 21 added reaches the client inside there, and does nothing before")
  void laterMethods() throws Exception {
    ResilientHttpClient client = builder().build();
    client.shutdown();
    boolean terminated = client.awaitTermination(Duration.ofSeconds(3));
    boolean isTerminated = client.isTerminated();
    client.shutdownNow();
    client.close();
    if (Runtime.version().feature() >= 21) {
      assertThat(inner.told)
          .containsExactly(
              "shutdown", "awaitTermination PT3S", "isTerminated", "shutdownNow", "close");
      assertThat(terminated).isFalse();
      assertThat(isTerminated).isTrue();
    } else {
      assertThat(inner.told).isEmpty();
      assertThat(terminated).isTrue();
      assertThat(isTerminated).isFalse();
    }
    assertThat(resilience.isClosed()).isFalse();
  }

  @Test
  @DisplayName(
      "every public method of HttpClient and HttpResponse, whatever the JDK, is answered here and not by its default")
  void everyMethodIsDelegated() {
    assertThat(missing(HttpClient.class, ResilientHttpClient.class)).isEmpty();
    assertThat(missing(HttpResponse.class, ResponseWithBody.class)).isEmpty();
  }

  private static List<String> missing(Class<?> type, Class<?> ours) {
    List<String> missing = new ArrayList<>();
    for (Method method : type.getMethods()) {
      if (method.getDeclaringClass() == type && !Modifier.isStatic(method.getModifiers())) {
        try {
          ours.getDeclaredMethod(method.getName(), method.getParameterTypes());
        } catch (NoSuchMethodException e) {
          missing.add(method.toString());
        }
      }
    }
    return missing;
  }

  @Test
  @DisplayName("bad settings name the setting, the rule and the value")
  void badSettings() {
    ResilientHttpClientBuilder builder = builder();
    assertThatThrownBy(() -> builder.name(" "))
        .hasMessage("name must not be blank and have at most 10000 characters: ' '");
    assertThatThrownBy(() -> builder.maxOrigins(0))
        .hasMessage("maxOrigins must be in [1, 10000000]: 0");
    assertThatThrownBy(() -> builder.transientStatuses(Set.of(99)))
        .hasMessage("transientStatuses must be in [400, 599]: 99");
    assertThatThrownBy(() -> builder.timeout(Duration.ZERO))
        .hasMessage("timeout must be positive and at most 365 days: PT0S");
  }
}
