package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an operator can do to a breaker. */
class ControlsTest extends BreakerFixture {

  @Test
  @Tag("CB-13")
  @Tag("fault-10")
  @DisplayName(
      "forced open rejects until it is released; forced closed admits again, with no failures")
  void forced_holds() {
    CircuitBreaker breaker = opensAfter(3);
    times(2, () -> fail(breaker));
    breaker.forceOpen();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    assertThat(breaker.state().code()).as("shown as open").isEqualTo(1);
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofDays(1));
    assertThat(breaker.isAvailable()).isFalse();
    breaker.forceClosed();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().consecutiveFailures()).isZero();
    succeed(breaker);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
  }

  @Test
  @Tag("CB-08")
  @DisplayName("an explicit operation closes during the cooldown")
  void forceClosed_endsTheCooldown() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    breaker.forceClosed();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(breaker);
    assertThat(breaker.state())
        .as("it may open again by its rules")
        .isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("CB-37")
  @Tag("V2-23")
  @Tag("SC-03")
  @DisplayName("a reset closes the same breaker and clears what could open it")
  void reset_beginsAnew() {
    CircuitBreaker breaker = opensAfter(2);
    times(2, () -> fail(breaker));
    breaker.reset();
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(snapshot.consecutiveFailures()).isZero();
    assertThat(snapshot.consecutiveSuccesses()).isZero();
    assertThat(snapshot.windowCalls()).isZero();
    assertThat(snapshot.cooldown()).isZero();
    assertThat(snapshot.remainingCooldown()).isZero();
    assertThat(resilience.circuitBreaker("b")).isSameAs(breaker);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    breaker.reset();
    fail(breaker);
    assertThat(breaker.state())
        .as("a reset while closed forgets failures too")
        .isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("V2-25")
  @DisplayName("a reset keeps lifetime totals and the times of the last outcomes")
  void reset_keepsTotalsAndTimes() {
    CircuitBreaker breaker = opensAfter(2);
    succeed(breaker);
    Instant succeeded = breaker.snapshot().lastSuccess();
    time.advance(Duration.ofSeconds(1));
    times(2, () -> fail(breaker));
    Instant failed = time.wallTime();
    breaker.tryAcquirePermit();
    time.advance(Duration.ofSeconds(1));
    breaker.reset();
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(1);
    assertThat(breaker.snapshot().lastFailure()).isEqualTo(failed);
    assertThat(breaker.snapshot().lastSuccess()).isEqualTo(succeeded).isNotNull();
  }

  @Test
  @Tag("CB-13")
  @Tag("CB-45")
  @Tag("V2-24")
  @Tag("fault-12")
  @DisplayName("each manual control is one event, in order, and one that changes nothing is none")
  void manualControls_areEventsInSequence() {
    CircuitBreaker breaker = opensAfter(1);
    List<CircuitBreakerTransition> events = transitionsOf(breaker);
    breaker.reset();
    breaker.forceOpen();
    breaker.forceOpen();
    breaker.disable();
    breaker.metricsOnly();
    breaker.forceClosed();
    fail(breaker);
    breaker.reset();
    time.runPending();
    assertThat(events)
        .extracting(CircuitBreakerTransition::to)
        .containsExactly(
            CircuitBreakerState.CLOSED,
            CircuitBreakerState.FORCED_OPEN,
            CircuitBreakerState.DISABLED,
            CircuitBreakerState.METRICS_ONLY,
            CircuitBreakerState.CLOSED,
            CircuitBreakerState.OPEN,
            CircuitBreakerState.CLOSED);
    assertThat(events)
        .extracting(CircuitBreakerTransition::sequence)
        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
  }

  @Test
  @Tag("fault-15")
  @DisplayName("a disabled breaker admits and counts nothing; metrics-only counts and never opens")
  void disabledAndMetricsOnly_neverOpen() {
    CircuitBreaker breaker = opensAfter(1);
    breaker.disable();
    times(2, () -> fail(breaker));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.DISABLED);
    assertThat(breaker.snapshot().windowFailures()).isZero();
    breaker.metricsOnly();
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.METRICS_ONLY);
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(3);
  }
}
