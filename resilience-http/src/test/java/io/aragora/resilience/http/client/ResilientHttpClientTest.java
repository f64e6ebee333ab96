package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent;
import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The handling of responses and failures, without a network, mostly by both send and sendAsync. */
class ResilientHttpClientTest extends HttpClientFixture {
  private final List<RetryEvent> events = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-10")
  @Tag("IN-02")
  @DisplayName("a success returns the response and is one success for the breaker")
  void response_ofTheFirstAttempt_isReturned(boolean async) throws Exception {
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
  @Tag("HT-12")
  @DisplayName("two rejected connections are retried after one and two seconds")
  void connectionErrors_areRetriedAfterWaits(boolean async) throws Exception {
    inner.fail(new ConnectException()).fail(new ConnectException()).answer(200);
    assertThat(send(async, builder().build(), get()).statusCode()).isEqualTo(200);
    assertThat(inner.sent).hasSize(3);
    assertThat(waited()).isBetween(Duration.ofSeconds(3), Duration.ofMillis(3_200));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-13")
  @Tag("HT-22")
  @Tag("fault-46")
  @DisplayName("a timeout, then a success, is one call and one success for the breaker")
  void call_ofManyAttempts_isOneOutcome(boolean async) throws Exception {
    inner.fail(new HttpTimeoutException("slow")).answer(200);
    ResilientHttpClient client = builder().build();
    send(async, client, get());
    assertCounted(client, 1, 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-15")
  @Tag("RT-34")
  @DisplayName(
      "two retries are three calls and the last failure; one attempt is one call and no wait")
  void call_allAttemptsFail_throwsTheLastFailure(boolean async) {
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
  @Tag("HT-16")
  @Tag("IN-03")
  @DisplayName("if every attempt is a 503, the caller receives the last one with its body, and the "
      + "breaker counts a failure")
  void lastResponse_isReturned_andCountsAsFailure(boolean async) throws Exception {
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
  @DisplayName("a response held for another attempt is returned completely if no attempt follows")
  void heldResponse_noAttemptFollows_isReturned(boolean async) throws Exception {
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
  @Tag("HT-14")
  @Tag("fault-50")
  @DisplayName("a 400 is returned without a retry, and counts as a failure only on request")
  void clientError_isNotRetried(boolean async) throws Exception {
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
  @Tag("HT-14")
  @DisplayName("a client error that counts is not retried, whatever retryIf decides")
  void clientError_thatCounts_isNotRetried(boolean async) throws Exception {
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
  @DisplayName("after the runtime is closed, a call is an IOException caused by"
      + " ResilienceClosedException")
  void call_runtimeClosed_isAnIOException(boolean async) {
    inner.fail(new ConnectException());
    HttpClient client = builder().timeout(Duration.ofSeconds(5)).build();
    HttpClient unlimited = builder().noRetry().name("unlimited").build();
    resilience.close();
    assertThatThrownBy(() -> send(async, client, get()))
        .isExactlyInstanceOf(IOException.class)
        .hasCauseInstanceOf(ResilienceClosedException.class);
    assertThatThrownBy(() -> send(async, unlimited, get())).isInstanceOf(ConnectException.class);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-17")
  @Tag("HT-25")
  @Tag("fault-48")
  @DisplayName("Retry-After is waited for, up to the cap of the backoff")
  void retryAfter_isWaitedFor_upToTheCap(boolean async) throws Exception {
    inner.answer(503, "Retry-After", "10").answer(200);
    ResilientHttpClient client = builder().build();
    send(async, client, get());
    assertThat(waited()).isBetween(Duration.ofSeconds(10), Duration.ofMillis(10_200));
    inner.answer(503, "Retry-After", "2592000").answer(200);
    send(async, client, get());
    send(async, client, get());
    assertThat(waited()).isBetween(Duration.ofSeconds(30), Duration.ofMillis(30_200));
  }

  @Test
  @Tag("fault-47")
  @DisplayName("errors of the caller are neither retried nor counted against the server")
  void callerErrors_areNeitherRetriedNorCounted() {
    inner.fail(new IllegalArgumentException("restricted header"));
    ResilientHttpClient client = builder().build();
    assertThatThrownBy(() -> send(false, client, get()))
        .isExactlyInstanceOf(IllegalArgumentException.class);
    assertThat(inner.sent).hasSize(1);
    assertCounted(client, 0, 0);
  }

  @Test
  @Tag("fault-47")
  @DisplayName("the default delays are jittered")
  void delays_byDefault_areJittered() throws Exception {
    time.fixedRandom(0.99);
    inner.answer(503).answer(200);
    ResilientHttpClient client =
        ResilientHttpClient.builder(resilience).client(inner).build();
    send(false, client, get());
    assertThat(waited()).isBetween(Duration.ofMillis(501), Duration.ofMillis(650));
  }

  @Test
  @Tag("HT-06")
  @Tag("HT-18")
  @DisplayName("other statuses may be transient")
  void transientStatuses_areConfigurable() throws Exception {
    inner.answer(418).answer(503);
    HttpClient client = builder().transientStatuses(Set.of(418)).build();
    assertThat(send(false, client, get()).statusCode()).isEqualTo(503);
    assertThat(inner.sent).hasSize(2);
  }

  @Test
  @DisplayName("two clients of one name with equal settings share their policies")
  void clients_ofOneName_sharePolicies() throws Exception {
    inner.answer(418).answer(418).answer(418).answer(503);
    HttpClient first = builder().transientStatuses(Set.of(418)).build();
    HttpClient second = builder().transientStatuses(Set.of(418)).build();
    assertThat(send(false, first, get()).statusCode()).isEqualTo(418);
    assertThat(send(false, second, get()).statusCode()).isEqualTo(503);
    assertThat(inner.sent).hasSize(4);
    assertThat(resilience.policies().retries()).hasSize(2);
    assertThat(resilience.policies().keyedCircuitBreakers()).hasSize(1);
  }

  static Stream<UnaryOperator<ResilientHttpClientBuilder>> otherClients() {
    Predicate<Throwable> all = failure -> true;
    return Stream.of(
        client -> client.transientStatuses(Set.of(418)),
        client -> client.timeout(Duration.ofSeconds(2)),
        client -> client.maxOrigins(7),
        client -> client.recordClientErrors(true),
        client -> client.noCircuitBreaker().recordClientErrors(true),
        client -> client.noRetry().recordClientErrors(true),
        client -> client.idempotentIf(request -> true),
        client -> client.noCircuitBreaker().idempotentIf(request -> true),
        client -> client.noRetry().idempotentIf(request -> true),
        client -> client.retry(retry(7)),
        client -> client.retry(retry(3).toBuilder().retryIf(all).build()),
        client -> client.retry(retry(3).toBuilder().abortIf(all).build()),
        client -> client.retry(retry(3).toBuilder().retryAfter(failure -> null).build()),
        client -> client.circuitBreaker(
            CircuitBreakerPresets.http().toBuilder().ignoreIf(all).build()),
        client -> client.circuitBreaker(
            CircuitBreakerPresets.http().toBuilder().recordIf(all).build()));
  }

  @ParameterizedTest
  @MethodSource("otherClients")
  void sharedName_ofAnotherClient_isAnError(UnaryOperator<ResilientHttpClientBuilder> other) {
    try (ResilientHttpClient first = builder().timeout(Duration.ofSeconds(1)).build()) {
      assertThat(first.toString()).isNotEmpty();
      ResilientHttpClientBuilder second = other.apply(builder().timeout(Duration.ofSeconds(1)));
      assertThatThrownBy(second::build)
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining(" 'http' is already declared with ");
    }
  }

  @Test
  @DisplayName("an interrupted call stays interrupted, and is neither success nor failure")
  void interrupt_isNoOutcome_andKept() {
    inner.fail(new InterruptedException("stop"));
    ResilientHttpClient client = builder().build();
    assertThatThrownBy(() -> send(false, client, get()))
        .isExactlyInstanceOf(InterruptedException.class);
    assertCounted(client, 0, 0);
  }

  @Test
  @DisplayName("an invalid setting is reported with its name, the rule and the value")
  void builder_invalidSetting_isRejected() {
    ResilientHttpClientBuilder builder = builder();
    assertThatThrownBy(() -> builder.name(" "))
        .hasMessage("name must not be blank and have at most 10000 characters: ' '");
    assertThatThrownBy(() -> builder.maxOrigins(0))
        .hasMessage("maxOrigins must be in [1, 10000000]: 0");
    assertThatThrownBy(() -> builder.transientStatuses(Set.of(99)))
        .hasMessage("transientStatuses must be in [400, 599]: 99");
    assertThatThrownBy(() -> builder.timeout(Duration.ZERO))
        .hasMessage("timeout must be positive and at most 106,751 days: PT0S");
  }
}
