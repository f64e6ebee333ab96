package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code save} stores, and what {@code restore} restores in another runtime. */
class SavedStateTest extends BreakerFixture {
  private final Resilience later = Resilience.builder().timeSource(time).build();

  @AfterEach
  void closeLater() {
    later.close();
  }

  private CircuitBreaker again(CircuitBreakerConfig.Builder config) {
    return later.circuitBreaker("b", config.build());
  }

  private KeyedCircuitBreaker keyedAgain(CircuitBreakerConfig.Builder config) {
    return later.keyedCircuitBreaker("agents", KeyedCircuitBreakerConfig.of(config.build()));
  }

  @Test
  @Tag("CB-27")
  @DisplayName("a new breaker is saved closed, with its whole config")
  void fresh_isSavedClosed() {
    SavedBreaker saved = opensAfter(3).save();
    assertThat(saved.name()).isEqualTo("b");
    assertThat(saved.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(saved.consecutiveFailures()).isZero();
    assertThat(saved.openUntil()).isNull();
    assertThat(saved.savedAt()).isEqualTo(time.wallTime());
    assertThat(saved.declared())
        .contains(
            "failureThreshold=3", "cooldown=PT1M", "successThreshold=2", "halfOpenMaxCalls=3");
    assertThat(keyed(config()).save()).isEmpty();
  }

  @Test
  @Tag("CB-28")
  @DisplayName("failures, an open state and the failures of keys are saved")
  void failuresAndOpenState_areSaved() {
    CircuitBreaker breaker = opensAfter(3);
    times(2, () -> fail(breaker));
    assertThat(breaker.save().consecutiveFailures()).isEqualTo(2);
    fail(breaker);
    time.advance(Duration.ofSeconds(20));
    SavedBreaker open = breaker.save();
    assertThat(open.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(open.enteredAt()).isEqualTo(time.wallTime().minusSeconds(20));
    assertThat(open.openUntil()).isEqualTo(time.wallTime().plusSeconds(40));
    assertThat(open.consecutiveFailures()).isEqualTo(3);
    KeyedCircuitBreaker keyed = keyed(config());
    times(2, () -> fail(keyed.forKey("agent-1")));
    assertThat(keyed.save())
        .singleElement()
        .satisfies(row -> assertThat(row.id()).hasToString("agents:agent-1"))
        .satisfies(row -> assertThat(row.key()).isEqualTo("agent-1"))
        .satisfies(row -> assertThat(row.consecutiveFailures()).isEqualTo(2));
  }

  @Test
  @Tag("CB-29")
  @DisplayName("failures are restored, with and without a key")
  void failures_comeBack() {
    CircuitBreaker breaker = opensAfter(3);
    times(2, () -> fail(breaker));
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(3));
    fail(keyed.forKey("entity-x"));
    CircuitBreaker restored = again(config().failureThreshold(3));
    KeyedCircuitBreaker restoredKeys = keyedAgain(config().failureThreshold(3));
    assertThat(restored.restore(breaker.save())).isTrue();
    assertThat(restoredKeys.restore(keyed.save())).isEqualTo(1);
    assertThat(restored.snapshot().consecutiveFailures()).isEqualTo(2);
    assertThat(restoredKeys.snapshots().get("entity-x").consecutiveFailures()).isEqualTo(1);
    assertThat(restored.snapshot().totals()).isEqualTo(breaker.snapshot().totals());
    fail(restored);
    assertThat(restored.state())
        .as("the third consecutive one")
        .isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("CB-30")
  @Tag("CB-31")
  @DisplayName("a breaker saved open within its cooldown is still open, for the rest of it")
  void openInsideTheCooldown_isStillOpen() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(2));
    times(2, () -> fail(keyed.forKey("agent-1")));
    fail(keyed.forKey("agent-2"));
    SavedBreaker saved = breaker.save();
    List<SavedBreaker> savedKeys = keyed.save();
    time.advance(Duration.ofSeconds(50));
    CircuitBreaker restored = again(config().failureThreshold(1));
    KeyedCircuitBreaker restoredKeys = keyedAgain(config().failureThreshold(2));
    assertThat(restored.restore(saved)).isTrue();
    assertThat(restoredKeys.restore(savedKeys)).isEqualTo(2);
    assertThat(restored.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(restored.snapshot().cause()).isEqualTo(TransitionCause.RESTORED);
    assertThat(restored.snapshot().remainingCooldown())
        .as("the time between counts")
        .isEqualTo(Duration.ofSeconds(10));
    assertThat(restoredKeys.isAvailable("agent-1")).isFalse();
    assertThat(restoredKeys.snapshots().get("agent-1").consecutiveFailures()).isEqualTo(2);
    assertThat(restoredKeys.snapshots().get("agent-2").consecutiveFailures()).isEqualTo(1);
    time.advance(Duration.ofSeconds(10));
    assertThat(restoredKeys.isAvailable("agent-1")).isTrue();
  }

  @Test
  @Tag("CB-32")
  @Tag("CB-33")
  @DisplayName(
      "an expired cooldown is restored ready to probe with its failures, and a failed probe "
          + "opens again")
  void expired_isReadyToProbe() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(3));
    times(3, () -> fail(keyed.forKey("agent-1")));
    List<SavedBreaker> saved = keyed.save();
    time.advance(COOLDOWN);
    KeyedCircuitBreaker restored = keyedAgain(config().failureThreshold(3));
    assertThat(restored.restore(saved)).isEqualTo(1);
    assertThat(restored.isAvailable("agent-1")).isTrue();
    assertThat(restored.state("agent-1")).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(restored.snapshots().get("agent-1").consecutiveFailures()).isEqualTo(3);
    fail(restored.forKey("agent-1"));
    assertThat(restored.state("agent-1")).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(restored.forKey("agent-1").snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
  }

  @Test
  @Tag("CB-35")
  @DisplayName("the config comes from the program, not from the saved state")
  void settings_comeFromTheProgram() {
    CircuitBreaker breaker = opensAfter(3);
    times(2, () -> fail(breaker));
    CircuitBreaker restored = again(config().failureThreshold(7).cooldown(Duration.ofSeconds(9)));
    assertThat(restored.restore(breaker.save()))
        .as("with other settings, not all")
        .isFalse();
    assertThat(restored.config().failureThreshold()).isEqualTo(7);
    assertThat(restored.snapshot().consecutiveFailures()).isZero();
    assertThat(restored.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @Tag("fault-24")
  @DisplayName("a breaker that has changed its state is not overwritten; only its totals grow")
  void movedBreaker_isLeftAlone() {
    CircuitBreaker breaker = opensAfter(1);
    succeed(breaker);
    SavedBreaker closed = breaker.save();
    CircuitBreaker live = again(config().failureThreshold(1));
    fail(live);
    assertThat(live.restore(closed)).isFalse();
    assertThat(live.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(live.snapshot().totals().successes()).isEqualTo(1);
  }
}
