package io.aragora.resilience.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The breakers of a client, one for each origin. */
class OriginBreakersTest extends HttpClientFixture {
  @Test
  @DisplayName("origins beyond the bound share one breaker")
  void origins_beyondTheBound_shareABreaker() throws Exception {
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
  @DisplayName("hosts with an underscore have a breaker each")
  void hosts_withUnderscore_haveABreakerEach() {
    ResilientHttpClient client = builder().build();
    CircuitBreaker prices =
        client.circuitBreaker(URI.create("http://prices_service:8080/")).orElseThrow();
    CircuitBreaker stock =
        client.circuitBreaker(URI.create("http://stock_service:8080/")).orElseThrow();
    assertThat(prices).isNotSameAs(stock);
  }

  @Test
  @DisplayName("an address without a host has no breaker")
  void address_withoutAHost_hasNoBreaker() {
    ResilientHttpClient client = builder().build();
    assertThatThrownBy(() -> client.circuitBreaker(URI.create("mailto:shop@shop.example")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("uri must have a host: mailto:shop@shop.example");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-11")
  @Tag("IN-04")
  @DisplayName(
      "a rejection is an IOException caused by CallNotPermittedException, and nothing is sent")
  void call_breakerOpen_isAnIOException(boolean async) {
    inner.answer(200);
    ResilientHttpClient client = builder().build();
    breaker(client).forceOpen();
    assertThatThrownBy(() -> send(async, client, get()))
        .isInstanceOf(IOException.class)
        .cause()
        .isInstanceOfSatisfying(
            CallNotPermittedException.class,
            rejection ->
                assertThat(rejection.getMessage()).contains("http").contains("shop.example:80"));
    assertThat(inner.sent).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-11")
  @DisplayName("the rejection has the remaining time of the breaker")
  void rejection_hasTheRemainingCooldown(boolean async) {
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
            rejection ->
                assertThat(rejection.remainingCooldown()).isEqualTo(Duration.ofSeconds(30)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @DisplayName(
      "the Retry-After of the answer that opens the breaker is its cooldown, up to maxCooldown")
  void retryAfter_isTheCooldown(boolean async) throws Exception {
    time.startingAt(Instant.parse("2040-01-01T00:00:00Z"));
    CircuitBreakerConfig once = CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .maxCooldown(Duration.ofMinutes(5))
        .build();
    inner
        .answer(503, "Retry-After", "120")
        .answer(503, "Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT")
        .answer(503, "Retry-After", "Sun, 01 Jan 2040 00:03:00 GMT");
    ResilientHttpClient client = builder().noRetry().circuitBreaker(once).build();
    send(async, client, get());
    assertThat(breaker(client).snapshot().cooldown()).isEqualTo(Duration.ofMinutes(2));
    breaker(client).reset();
    send(async, client, get());
    assertThat(breaker(client).snapshot().cooldown()).isEqualTo(Duration.ofMinutes(5));
    breaker(client).reset();
    send(async, client, get());
    assertThat(breaker(client).snapshot().cooldown())
        .as("by the wall clock of the runtime")
        .isEqualTo(Duration.ofMinutes(3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Tag("HT-22")
  @Tag("fault-46")
  @DisplayName("attempts stop when the breaker opens meanwhile")
  void attempts_breakerOpensMeanwhile_stop(boolean async) throws Exception {
    inner.answer(503);
    ResilientHttpClient client = builder().retry(retry(4)).build();
    resilience.retry("http").subscribe(event -> breaker(client).forceOpen());
    HttpResponse<String> response = send(async, client, get());
    assertThat(response.body()).isEqualTo("body of 503");
    assertThat(inner.sent).hasSizeLessThan(4);
  }

  @Test
  @Tag("IN-01")
  @Tag("IN-05")
  @DisplayName(
      "each origin has its own breaker; three failures open one and leave the others closed")
  void origins_haveTheirOwnBreakers() throws Exception {
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
  @Tag("HT-07")
  @Tag("HT-08")
  @Tag("IN-07")
  @DisplayName("a configured breaker is used for all origins, and counts a 503 as failure")
  void breaker_configured_isUsedForAllOrigins(boolean async) throws Exception {
    inner.answer(503);
    CircuitBreaker given = resilience.circuitBreaker("given");
    ResilientHttpClient client =
        builder().noCircuitBreaker().circuitBreaker(given).build();
    assertThat(client.circuitBreaker(SHOP)).contains(given);
    send(async, client, get());
    assertThat(given.snapshot().totals().failures()).isEqualTo(1);
    assertThat(resilience.policies().keyedCircuitBreakers()).isEmpty();
  }

  @Test
  @Tag("HT-07")
  @DisplayName("by default three failures open the breaker of an origin for 60 s")
  void breaker_byDefault_opensAtThreeFailures() {
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
}
