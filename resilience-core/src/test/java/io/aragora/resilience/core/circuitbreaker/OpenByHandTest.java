package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A breaker that the application or an operator opens for a time, half-opens, or begins in another state than closed. */
class OpenByHandTest extends BreakerFixture {
  private static final Duration LONG = COOLDOWN.multipliedBy(5);

  private static void bring(CircuitBreaker breaker, CircuitBreakerState state) {
    switch (state) {
      case CLOSED -> breaker.reset();
      case OPEN -> fail(breaker);
      case HALF_OPEN -> breaker.halfOpen();
      case FORCED_OPEN -> breaker.forceOpen();
      case METRICS_ONLY -> breaker.metricsOnly();
      case DISABLED -> breaker.disable();
    }
    assertThat(breaker.state()).isEqualTo(state);
  }

  @ParameterizedTest
  @EnumSource(CircuitBreakerState.class)
  @DisplayName("open(Duration) rejects from any state for that time, then admits probes")
  void open_fromAnyState_lastsThatLong_andProbesAfterwards(CircuitBreakerState state) {
    CircuitBreaker breaker = opensAfter(1);
    bring(breaker, state);
    breaker.open(LONG);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.MANUAL);
    assertThat(breaker.snapshot().cooldown()).isEqualTo(LONG);
    time.advance(LONG.minusNanos(1));
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofNanos(1));
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("each opening is an event, also of a breaker that is open")
  void open_isAnEvent_eachTime() {
    CircuitBreaker breaker = opensAfter(1);
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    breaker.open(COOLDOWN);
    breaker.open(LONG);
    time.runPending();
    assertThat(seen).extracting(CircuitBreakerTransition::cooldown).containsExactly(COOLDOWN, LONG);
    assertThat(breaker.transitions(CircuitBreakerState.OPEN, CircuitBreakerState.OPEN))
        .isEqualTo(1);
  }

  @Test
  @DisplayName(
      "openUntil ends at a time of day; one that has passed admits the next call as a probe")
  void openUntil_endsAtTheTimeOfDay() {
    CircuitBreaker breaker = opensAfter(1);
    breaker.openUntil(time.wallTime().plus(LONG));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(LONG);
    breaker.openUntil(time.wallTime().minusSeconds(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    succeed(breaker);
  }

  @Test
  void badTimes_nameSettingRuleAndValue() {
    CircuitBreaker breaker = opensAfter(1);
    assertThatThrownBy(() -> breaker.open(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length must be positive and at most 106,751 days: PT0S");
    assertThatThrownBy(() -> breaker.openUntil(Instant.MAX))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("end must be at most 106,751 days from now: ");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("an opening by hand survives a restart in full, although the cooldown is shorter")
  void open_survivesARestart() {
    CircuitBreaker breaker = opensAfter(1);
    breaker.open(LONG);
    time.advance(COOLDOWN);
    SavedBreaker saved = breaker.save();
    assertThat(saved.openedByHand()).isTrue();
    try (Resilience later = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker restored =
          later.circuitBreaker("b", config().failureThreshold(1).build());
      assertThat(restored.restore(saved)).isTrue();
      assertThat(restored.snapshot().remainingCooldown()).isEqualTo(LONG.minus(COOLDOWN));
      assertThat(restored.save().openedByHand()).as("for the next restart").isTrue();
    }
  }

  @Test
  @DisplayName("an opening by a rule is never saved as one by hand, so the settings bound it")
  void openingByARule_isNotByHand() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    assertThat(breaker.save().openedByHand()).isFalse();
  }

  @Test
  @DisplayName("halfOpen() admits probes at once, and does nothing in half-open")
  void halfOpen_admitsProbes() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    breaker.halfOpen();
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.MANUAL);
    long generation = breaker.snapshot().generation();
    succeed(breaker);
    breaker.halfOpen();
    assertThat(breaker.snapshot().generation()).isEqualTo(generation);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @ParameterizedTest
  @EnumSource(CircuitBreakerState.class)
  @DisplayName("a breaker begins in its initial state, without a transition")
  void initialState_isTheFirst(CircuitBreakerState state) {
    CircuitBreaker breaker = breaker(config().initialState(state));
    assertThat(breaker.state()).isEqualTo(state);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.CREATED);
    assertThat(breaker.snapshot().transitions()).isZero();
    assertThat(keyed(config().initialState(state)).forKey("k").state()).isEqualTo(state);
  }

  @Test
  @DisplayName("an initial OPEN lasts for the cooldown")
  void initialOpen_lastsForTheCooldown() {
    CircuitBreaker breaker = breaker(config().initialState(CircuitBreakerState.OPEN));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    time.advance(COOLDOWN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  private static CircuitBreakerConfig.Builder metricsOnly() {
    return config().initialState(CircuitBreakerState.METRICS_ONLY);
  }

  @Test
  @DisplayName(
      "a saved state of the same settings replaces the initial one and is no transition to itself")
  void savedState_replacesTheInitialOne() {
    CircuitBreaker before = breaker(metricsOnly());
    SavedBreaker same = before.save();
    before.reset();
    SavedBreaker closed = before.save();
    try (Resilience later = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker restored = later.circuitBreaker("same", metricsOnly().build());
      assertThat(restored.restore(same)).isTrue();
      assertThat(restored.state()).isEqualTo(CircuitBreakerState.METRICS_ONLY);
      assertThat(restored.snapshot().transitions()).isZero();
      CircuitBreaker reset = later.circuitBreaker("closed", metricsOnly().build());
      assertThat(reset.restore(closed)).isTrue();
      assertThat(reset.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  @DisplayName("a closed state that was saved before the initial state was set does not undo it")
  void closedStateOfOtherSettings_leavesTheInitialOne() {
    SavedBreaker saved = breaker(config()).save();
    try (Resilience later = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker restored = later.circuitBreaker("b", metricsOnly().build());
      assertThat(restored.restore(saved)).isFalse();
      assertThat(restored.state()).isEqualTo(CircuitBreakerState.METRICS_ONLY);
    }
  }

  @Test
  @DisplayName("the longest opening is that of the longest duration")
  void openUntil_theLongestTime_isPermitted() {
    CircuitBreaker breaker = opensAfter(1);
    Instant last = time.wallTime().plusNanos(Long.MAX_VALUE);
    breaker.openUntil(last);
    assertThat(breaker.snapshot().remainingCooldown()).isGreaterThan(Duration.ofDays(106_751));
    assertThatThrownBy(() -> breaker.openUntil(last.plusNanos(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
