package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The code before a move from Resilience4j, of docs/migrating-from-resilience4j.md; compared by {@link ReadmeTest}. */
class Resilience4jSnippetsTest {
  private final Shop shop = article -> "1.20 for " + article;

  @Test
  void before() throws Exception {
    // readme: before, with resilience4j
    CircuitBreakerConfig config = CircuitBreakerConfig.custom()
        .failureRateThreshold(50)
        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.TIME_BASED)
        .slidingWindowSize(30)
        .minimumNumberOfCalls(10)
        .waitDurationInOpenState(Duration.ofSeconds(20))
        .permittedNumberOfCallsInHalfOpenState(3)
        .ignoreExceptions(IllegalArgumentException.class)
        .build();
    CircuitBreaker breaker = CircuitBreakerRegistry.of(config).circuitBreaker("prices");
    Retry retry = Retry.of(
        "prices",
        RetryConfig.custom()
            .maxAttempts(4)
            .intervalFunction(IntervalFunction.ofExponentialRandomBackoff(100, 2.0, 0.5, 5000))
            .retryExceptions(IOException.class)
            .build());
    String price = Retry.decorateCallable(
            retry, CircuitBreaker.decorateCallable(breaker, () -> shop.price("apples")))
        .call();
    // end

    assertThat(price).isEqualTo("1.20 for apples");
  }
}
