package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.testing.ManualTime;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Rates at the edges of their range, and the longest window of calls. */
class ExtremeRulesTest {
  private final Resilience resilience = Resilience.builder()
      .timeSource(ManualTime.create())
      .config(Map.of("resilience.circuitbreaker.outside.failureRateThreshold", "0.000001"))
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private CircuitBreaker breaker(Consumer<CircuitBreakerConfig.Builder> rules) {
    return resilience.circuitBreaker("b", c -> rules.accept(c.noFailureThreshold()));
  }

  private static void record(CircuitBreaker breaker, int successes, int failures) {
    for (int i = 0; i < successes; i++) {
      breaker.recordSuccess(breaker.acquirePermit());
    }
    for (int i = 0; i < failures; i++) {
      breaker.recordFailure(breaker.acquirePermit(), null);
    }
  }

  @Test
  void rateJustAboveZero_opensAtTheFirstFailure() {
    CircuitBreaker breaker =
        breaker(c -> c.failureRateThreshold(Double.MIN_VALUE).minimumNumberOfCalls(10));
    record(breaker, 1000, 0);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);

    record(breaker, 0, 1);

    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void rateJustAboveZero_canBeSetFromOutside() {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "outside", c -> c.noFailureThreshold().failureRateThreshold(50).minimumNumberOfCalls(10));

    record(breaker, 1000, 1);

    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void rateOfAHundred_opensIfAllCallsFail() {
    CircuitBreaker breaker = breaker(c -> c.failureRateThreshold(100).countWindow(10));
    record(breaker, 1, 9);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);

    record(breaker, 0, 1);

    assertThat(breaker.state())
        .as("the success has left the window")
        .isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void windowOfAMillionCalls_isExact() {
    int million = 1_000_000;
    CircuitBreaker breaker =
        breaker(c -> c.failureRateThreshold(50).countWindow(million).minimumNumberOfCalls(million));
    record(breaker, 600_000, 400_000);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(million);

    record(breaker, 0, 99_999);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    record(breaker, 0, 1);

    assertThat(breaker.state())
        .as("500,000 of the last million")
        .isEqualTo(CircuitBreakerState.OPEN);
  }
}
