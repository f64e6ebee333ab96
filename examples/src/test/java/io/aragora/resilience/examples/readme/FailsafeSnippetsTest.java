package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.Fallback;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The code before a move from Failsafe, of docs/migrating-from-failsafe.md; compared by {@link ReadmeTest}. */
class FailsafeSnippetsTest {
  private final Shop shop = article -> "1.20 for " + article;

  @Test
  void before() {
    // readme: before, with failsafe
    CircuitBreaker<String> breaker = CircuitBreaker.<String>builder()
        .handle(IOException.class)
        .withFailureRateThreshold(50, 10, Duration.ofSeconds(30))
        .withDelay(Duration.ofSeconds(20))
        .withSuccessThreshold(2)
        .build();
    RetryPolicy<String> retry = RetryPolicy.<String>builder()
        .handle(IOException.class)
        .withMaxAttempts(4)
        .withBackoff(Duration.ofMillis(100), Duration.ofSeconds(5))
        .withJitter(0.25)
        .withMaxDuration(Duration.ofSeconds(10))
        .build();
    Timeout<String> timeout =
        Timeout.<String>builder(Duration.ofSeconds(1)).withInterrupt().build();
    Fallback<String> fallback = Fallback.of("unknown");

    String price = Failsafe.with(fallback, retry, breaker, timeout).get(() -> shop.price("apples"));
    // end

    assertThat(price).isEqualTo("1.20 for apples");
  }
}
