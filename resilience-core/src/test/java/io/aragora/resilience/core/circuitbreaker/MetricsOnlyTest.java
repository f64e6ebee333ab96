package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A breaker for metrics only, which says what its rules would have done. */
class MetricsOnlyTest extends BreakerFixture {
  private static final CircuitBreakerState METRICS_ONLY = CircuitBreakerState.METRICS_ONLY;

  private CircuitBreaker metricsOnly(CircuitBreakerConfig.Builder config) {
    return breaker(config.initialState(METRICS_ONLY));
  }

  @Test
  @DisplayName("where a rule would open, listeners receive that, and it is counted and explained")
  void reachedRule_isNoted() {
    CircuitBreaker breaker =
        metricsOnly(config().noFailureThreshold().failureRateThreshold(50).minimumNumberOfCalls(4));
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    times(2, () -> succeed(breaker));
    times(2, () -> fail(breaker));
    time.runPending();
    assertThat(seen).singleElement().satisfies(noted -> {
      assertThat(noted.isOnlyNoted()).isTrue();
      assertThat(noted.cause()).isEqualTo(TransitionCause.FAILURE_RATE);
      assertThat(noted.at()).isEqualTo(time.wallTime());
    });
    assertThat(breaker.transitions(METRICS_ONLY, METRICS_ONLY)).isEqualTo(1);
    assertThat(breaker.explain())
        .hasToString("breaker 'b' is metrics_only; it would have opened at " + time.wallTime()
            + ": 2 of 4 calls failed (50.0 %), failureRateThreshold is 50.0 %");
    assertThat(breaker.state()).isEqualTo(METRICS_ONLY);
  }

  @Test
  @DisplayName("counts and permits go on: a call under way when it was noted is no late one")
  void noted_keepsCountsAndPermits() {
    CircuitBreaker breaker = metricsOnly(config().failureThreshold(1));
    long underWay = breaker.acquirePermit();
    fail(breaker);
    breaker.recordSuccess(underWay);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().late()).isZero();
    assertThat(breaker.snapshot().generation()).isEqualTo(1);
  }

  @Test
  @DisplayName("it is noted once for each cooldown, as often as a closed breaker would open")
  void noted_onceForEachCooldown() {
    CircuitBreaker breaker = metricsOnly(config().failureThreshold(2));
    times(50, () -> fail(breaker));
    assertThat(breaker.transitions(METRICS_ONLY, METRICS_ONLY)).isEqualTo(1);
    time.advance(COOLDOWN.minusNanos(1));
    fail(breaker);
    assertThat(breaker.transitions(METRICS_ONLY, METRICS_ONLY)).isEqualTo(1);
    time.advance(Duration.ofNanos(1));
    fail(breaker);
    assertThat(breaker.transitions(METRICS_ONLY, METRICS_ONLY)).isEqualTo(2);
  }

  @Test
  @DisplayName("other settings keep the pause, and a reset ends the state")
  void reconfigured_keepsThePause() {
    CircuitBreaker breaker = metricsOnly(config().failureThreshold(2));
    times(2, () -> fail(breaker));
    breaker.reconfigure(config().failureThreshold(1).build());
    fail(breaker);
    assertThat(breaker.transitions(METRICS_ONLY, METRICS_ONLY)).isEqualTo(1);
    breaker.reset();
    assertThat(breaker.explain().evidence()).isNull();
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName("slow calls count when they end")
  void slowCalls_areNoted() {
    CircuitBreaker breaker = metricsOnly(config()
        .noFailureThreshold()
        .slowCallRateThreshold(50)
        .slowCallDuration(Duration.ofSeconds(1))
        .minimumNumberOfCalls(1));
    breaker.run(() -> time.advance(Duration.ofSeconds(2)));
    assertThat(breaker.explain().cause()).isEqualTo(TransitionCause.SLOW_CALL_RATE);
    assertThat(breaker.state()).isEqualTo(METRICS_ONLY);
  }

  @Test
  @DisplayName("what is noted has the numbers of transitions, and those after it go on from there")
  void noted_isNumberedAsATransition() {
    CircuitBreaker breaker = metricsOnly(config().failureThreshold(1));
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    fail(breaker);
    time.advance(COOLDOWN);
    fail(breaker);
    breaker.forceOpen();
    time.runPending();
    assertThat(seen).extracting(CircuitBreakerTransition::sequence).containsExactly(1L, 2L, 3L);
    assertThat(breaker.snapshot().transitions()).isEqualTo(3);
    assertThat(breaker.snapshot().generation()).isEqualTo(2);
  }
}
