package io.aragora.resilience.resilience4j;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import feign.Feign;
import feign.FeignException;
import feign.RequestLine;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.testing.ManualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.feign.FeignDecorators;
import io.github.resilience4j.feign.Resilience4jFeign;
import io.github.resilience4j.micrometer.tagged.TaggedBulkheadMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRateLimiterMetrics;
import io.github.resilience4j.micrometer.tagged.TaggedRetryMetrics;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RequestNotPermitted;
import io.github.resilience4j.reactor.bulkhead.operator.BulkheadOperator;
import io.github.resilience4j.reactor.circuitbreaker.operator.CircuitBreakerOperator;
import io.github.resilience4j.reactor.ratelimiter.operator.RateLimiterOperator;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.reactor.timelimiter.TimeLimiterOperator;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reactivex.rxjava3.core.Single;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Modules that were written against Resilience4j, on views of our policies. */
class ModulesOnViewsTest {
  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final AtomicInteger attempts = new AtomicInteger();

  private final io.aragora.resilience.circuitbreaker.CircuitBreaker breaker =
      resilience.circuitBreaker("prices", c -> c.failureThreshold(2).halfOpenMaxCalls(1));
  private final CircuitBreaker view = Resilience4j.circuitBreaker(resilience, breaker);

  private final Retry retry = Resilience4j.retry(resilience.retry(
      "prices",
      c -> c.maxAttempts(3)
          .backoff(Backoff.constant(Duration.ofMillis(1)))
          .retryOn(IOException.class)));

  private final Bulkhead bulkhead =
      Resilience4j.bulkhead(resilience.bulkhead("prices", c -> c.maxConcurrentCalls(1)));

  private final RateLimiter limiter = Resilience4j.rateLimiter(
      resilience.rateLimiter("prices", c -> c.limit(1).period(Duration.ofMinutes(1))));

  private final TimeLimiter timeLimiter =
      Resilience4j.timeLimiter(resilience.timeout("prices", Duration.ofMillis(1)));

  @AfterEach
  void close() {
    resilience.close();
  }

  private Mono<String> down() {
    return Mono.error(new IOException("down"));
  }

  @Test
  void reactorBreaker_countsAndRejects() {
    for (int i = 0; i < 2; i++) {
      StepVerifier.create(down().transformDeferred(CircuitBreakerOperator.of(view)))
          .verifyErrorMessage("down");
    }

    StepVerifier.create(Mono.just("never").transformDeferred(CircuitBreakerOperator.of(view)))
        .verifyError(CallNotPermittedException.class);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(1);
  }

  @Test
  void reactorBreaker_ofACancelledProbe_givesThePermitBack() {
    breaker.halfOpen();
    StepVerifier.create(Mono.never().transformDeferred(CircuitBreakerOperator.of(view)))
        .thenCancel()
        .verify();

    assertThat(breaker.snapshot().probesInFlight()).isZero();
    StepVerifier.create(Flux.just(1, 2).transformDeferred(CircuitBreakerOperator.of(view)))
        .expectNext(1, 2)
        .verifyComplete();
    assertThat(breaker.snapshot().probeSuccesses()).isOne();
  }

  @Test
  void reactorRetry_retries() {
    Mono<String> body = Mono.defer(() -> attempts.incrementAndGet() < 3 ? down() : Mono.just("5"));

    StepVerifier.create(body.transformDeferred(RetryOperator.of(retry)))
        .expectNext("5")
        .verifyComplete();

    assertThat(attempts).hasValue(3);
    assertThat(retry.getMetrics().getNumberOfSuccessfulCallsWithRetryAttempt()).isOne();
  }

  @Test
  void reactorBulkhead_whenCancelled_givesThePlaceBack() {
    StepVerifier.create(Mono.never().transformDeferred(BulkheadOperator.of(bulkhead)))
        .thenCancel()
        .verify();

    StepVerifier.create(Mono.just("5").transformDeferred(BulkheadOperator.of(bulkhead)))
        .expectNext("5")
        .verifyComplete();
    assertThat(bulkhead.getMetrics().getAvailableConcurrentCalls()).isOne();
  }

  @Test
  void reactorRateLimiter_rejects() {
    StepVerifier.create(Mono.just("5").transformDeferred(RateLimiterOperator.of(limiter)))
        .expectNext("5")
        .verifyComplete();
    StepVerifier.create(Mono.just("5").transformDeferred(RateLimiterOperator.of(limiter)))
        .verifyError(RequestNotPermitted.class);
  }

  @Test
  void reactorTimeLimiter_endsTheWait() {
    StepVerifier.create(Mono.never().transformDeferred(TimeLimiterOperator.of(timeLimiter)))
        .verifyError(TimeoutException.class);
  }

  @Test
  void rxJava_breakerAndRetry_countAndRetry() {
    Single<String> body = Single.defer(() ->
        attempts.incrementAndGet() < 2 ? Single.error(new IOException("down")) : Single.just("5"));

    String price = body.compose(
            io.github.resilience4j.rxjava3.circuitbreaker.operator.CircuitBreakerOperator.of(view))
        .compose(io.github.resilience4j.rxjava3.retry.transformer.RetryTransformer.of(retry))
        .blockingGet();

    assertThat(price).isEqualTo("5");
    assertThat(breaker.snapshot().totals().failures()).isOne();
    assertThat(breaker.snapshot().totals().successes()).isOne();
  }

  interface Prices {
    @RequestLine("GET /price")
    String price();
  }

  @Test
  void feign_isProtected() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/price", exchange -> {
      byte[] body = "5".getBytes(UTF_8);
      exchange.sendResponseHeaders(attempts.incrementAndGet() < 3 ? 503 : 200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    try {
      Prices prices = Feign.builder()
          .addCapability(Resilience4jFeign.capability(
              FeignDecorators.builder().withCircuitBreaker(view).build()))
          .target(Prices.class, "http://localhost:" + server.getAddress().getPort());
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(prices::price).isInstanceOf(FeignException.ServiceUnavailable.class);
      }
      assertThatThrownBy(prices::price).isInstanceOf(CallNotPermittedException.class);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);

      breaker.forceClosed();
      assertThat(prices.price()).isEqualTo("5");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void micrometer_showsTheViewsOfARegistry() throws Exception {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    CircuitBreakerRegistry breakers = Resilience4j.circuitBreakers(resilience);
    var retries = Resilience4j.retries(resilience);
    var bulkheads = Resilience4j.bulkheads(resilience);
    var limiters = Resilience4j.rateLimiters(resilience);
    TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(meters);
    TaggedRetryMetrics.ofRetryRegistry(retries).bindTo(meters);
    TaggedBulkheadMetrics.ofBulkheadRegistry(bulkheads).bindTo(meters);
    TaggedRateLimiterMetrics.ofRateLimiterRegistry(limiters).bindTo(meters);

    CircuitBreaker prices = breakers.circuitBreaker("prices");
    prices.executeCallable(() -> "5");
    retries.retry("prices").executeCallable(() -> "5");
    bulkheads.bulkhead("prices").executeCallable(() -> "5");
    limiters.rateLimiter("prices").executeCallable(() -> "5");

    assertThat(prices).isSameAs(breakers.circuitBreaker("prices"));
    assertThat(meters
            .get("resilience4j.circuitbreaker.calls")
            .tags("name", "prices", "kind", "successful")
            .timer()
            .count())
        .isOne();
    assertThat(meters
            .get("resilience4j.circuitbreaker.state")
            .tag("state", "closed")
            .gauge()
            .value())
        .isOne();
    assertThat(meters
            .get("resilience4j.retry.calls")
            .tag("kind", "successful_without_retry")
            .functionCounter()
            .count())
        .isOne();
    assertThat(meters
            .get("resilience4j.bulkhead.available.concurrent.calls")
            .gauge()
            .value())
        .isOne();
    assertThat(
            meters.get("resilience4j.ratelimiter.available.permissions").gauge().value())
        .isZero();
    assertThat(breaker.snapshot().totals().successes()).isOne();
  }
}
