package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.micrometer.tagged.TaggedCircuitBreakerMetrics;
import io.github.resilience4j.reactor.circuitbreaker.operator.CircuitBreakerOperator;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.retry.Retry;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** The code of docs/resilience4j.md. */
class Resilience4jSnippetsTest {
  interface Shop {
    Mono<String> price(String article);
  }

  @Test
  void view_underReactor_protects() {
    Shop shop = article -> Mono.just(article + ": 5");
    // readme: resilience4j views
    try (Resilience resilience = Resilience.create()) {
      resilience.circuitBreaker(
          "prices", c -> c.failureThreshold(3).cooldown(Duration.ofSeconds(20)));
      CircuitBreaker breaker = Resilience4j.circuitBreaker(resilience, "prices");
      Retry retry = Resilience4j.retry(resilience, "prices");

      String price = shop.price("apples")
          .transformDeferred(CircuitBreakerOperator.of(breaker))
          .transformDeferred(RetryOperator.of(retry))
          .block();
      System.out.println(price + ", the breaker is " + breaker.getState());
      // end
      assertThat(price).isEqualTo("apples: 5");
    }
  }

  @Test
  void registry_isBoundToMicrometer() {
    MeterRegistry meters = new SimpleMeterRegistry();
    try (Resilience resilience = Resilience.create()) {
      // readme: resilience4j registry
      CircuitBreakerRegistry breakers = Resilience4j.circuitBreakers(resilience);
      TaggedCircuitBreakerMetrics.ofCircuitBreakerRegistry(breakers).bindTo(meters);
      CircuitBreaker prices =
          breakers.circuitBreaker("prices"); // resilience.circuitBreaker("prices")
      // end
      assertThat(prices.getName()).isEqualTo("prices");
      assertThat(meters.find("resilience4j.circuitbreaker.state").gauges()).isNotEmpty();
    }
  }
}
