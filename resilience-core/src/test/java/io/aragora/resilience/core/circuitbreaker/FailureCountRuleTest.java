package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A breaker that opens by the number of failures in its window. */
class FailureCountRuleTest extends BreakerFixture {
  private static final Duration WINDOW = Duration.ofSeconds(30);

  private static CircuitBreakerConfig.Builder count(int failures) {
    return config().noFailureThreshold().failureCountThreshold(failures).window(WINDOW);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20, 100})
  @DisplayName("the number opens, whatever lies between, in a window of time and of calls")
  void number_opens_whateverLiesBetween(int countWindow) {
    CircuitBreakerConfig.Builder config = count(3);
    CircuitBreaker breaker = breaker(countWindow == 0 ? config : config.countWindow(countWindow));
    times(2, () -> {
      fail(breaker);
      times(5, () -> succeed(breaker));
    });
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.FAILURE_COUNT);
    assertThat(breaker.explain().toString())
        .contains("3 failures in the window reached failureCountThreshold 3");
  }

  @Test
  @DisplayName("failures that have left the window do not count")
  void failuresThatLeft_doNotCount() {
    CircuitBreaker breaker = breaker(count(3));
    for (int i = 0; i < 10; i++) {
      times(2, () -> fail(breaker));
      time.advance(WINDOW.multipliedBy(2));
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    times(3, () -> fail(breaker));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName(
      "many failures below a high number are judged by its limit, and the number opens exactly")
  void highNumber_opensExactly() {
    CircuitBreaker breaker = breaker(count(1000).failureRateThreshold(100));
    succeed(breaker);
    for (int i = 0; i < 999; i++) {
      fail(breaker);
      time.advance(Duration.ofMillis(10));
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(breaker);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.FAILURE_COUNT);
  }

  @Test
  @DisplayName("other settings with a lower number open at once")
  void reconfigure_toALowerNumber_opens() {
    CircuitBreaker breaker = breaker(count(5));
    times(3, () -> fail(breaker));
    breaker.reconfigure(count(3).build());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }
}
