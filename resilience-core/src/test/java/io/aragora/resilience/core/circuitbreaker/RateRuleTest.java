package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A breaker that opens by the share of failures in its window. */
class RateRuleTest extends BreakerFixture {

  private CircuitBreakerConfig.Builder rate(double percent) {
    return config().noFailureThreshold().failureRateThreshold(percent);
  }

  @Test
  @Tag("V2-19")
  @DisplayName("a reached rate opens, whatever the number of consecutive failures")
  void reached_opens() {
    CircuitBreaker breaker = breaker(rate(60).failureThreshold(100).minimumNumberOfCalls(1));
    times(2, () -> succeed(breaker));
    times(2, () -> fail(breaker));
    assertThat(breaker.snapshot().failureRate()).isEqualTo(50);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.FAILURE_RATE);
  }

  @Test
  @Tag("V2-20")
  @DisplayName("exactly the threshold opens, less does not")
  void exactlyTheThreshold_opens() {
    CircuitBreaker half =
        resilience.circuitBreaker("half", rate(50).minimumNumberOfCalls(1).build());
    succeed(half);
    fail(half);
    assertThat(half.state()).isEqualTo(CircuitBreakerState.OPEN);
    CircuitBreaker most =
        resilience.circuitBreaker("most", rate(80).minimumNumberOfCalls(1).build());
    times(3, () -> succeed(most));
    fail(most);
    assertThat(most.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("V2-21")
  @Tag("fault-7")
  @DisplayName("fewer calls than the minimum never open, and a minimum of 1 allows the opposite")
  void minimumNumberOfCalls_isNeeded() {
    CircuitBreaker breaker = breaker(rate(50));
    assertThat(breaker.config().minimumNumberOfCalls()).as("the default").isEqualTo(20);
    times(19, () -> fail(breaker));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    CircuitBreaker eager =
        resilience.circuitBreaker("eager", rate(50).minimumNumberOfCalls(1).build());
    fail(eager);
    assertThat(eager.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("V2-21")
  @DisplayName("a success that completes the minimum opens, if enough calls failed before")
  void successThatCompletesTheMinimum_opens() {
    CircuitBreaker breaker = breaker(rate(50).minimumNumberOfCalls(4));
    times(2, () -> fail(breaker));
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.FAILURE_RATE);
  }

  @Test
  @Tag("V2-22")
  @DisplayName("outcomes older than the window have left it when the next call arrives")
  void window_forgets() {
    CircuitBreaker breaker = breaker(rate(50).window(Duration.ofSeconds(10)));
    fail(breaker);
    time.advance(Duration.ofSeconds(10).minusNanos(1));
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    time.advance(Duration.ofSeconds(2));
    succeed(breaker);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(1);
    assertThat(breaker.snapshot().windowFailures()).isZero();
    assertThat(breaker.snapshot().totals().failures()).as("totals stay").isEqualTo(1);
  }

  @Test
  @Tag("fault-8")
  @DisplayName("closing begins with an empty window, so old failures cannot open again")
  void closing_emptiesTheWindow() {
    CircuitBreaker breaker = breaker(rate(50).minimumNumberOfCalls(2).successThreshold(1));
    times(2, () -> fail(breaker));
    time.advance(COOLDOWN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().windowCalls()).isZero();
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(1);
  }
}
