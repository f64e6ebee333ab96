package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class StateKeeperTest {
  private final ManualTime time = ManualTime.create();
  private final Memory memory = new Memory();

  private static final class Memory implements StateStore {
    final Map<String, SavedBreaker> rows = new LinkedHashMap<>();
    boolean failing;
    boolean closed;

    @Override
    public Loaded load() {
      return new Loaded(List.copyOf(rows.values()), List.of());
    }

    @Override
    public void save(Collection<SavedBreaker> states) throws StateStoreException {
      if (failing) {
        throw new StateStoreException("disk full", null);
      }
      states.forEach(state -> rows.put(state.name(), state));
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      int before = rows.size();
      rows.values().removeIf(row -> row.savedAt().isBefore(cutOff));
      return before - rows.size();
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private Resilience open() {
    return Resilience.builder().timeSource(time).stateStore(memory).build();
  }

  private static CircuitBreaker breaker(Resilience resilience) {
    return resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .failureThreshold(2)
            .cooldown(Duration.ofSeconds(100))
            .build());
  }

  private static void fail(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }

  private void leaveOpen() {
    try (Resilience resilience = open()) {
      fail(breaker(resilience));
      fail(breaker(resilience));
    }
  }

  @Test
  void transition_isSavedWithoutWaitingForTheInterval() {
    try (Resilience resilience = open()) {
      fail(breaker(resilience));
      fail(breaker(resilience));
      time.runPending();
      assertThat(memory.rows.get("b").state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }

  @Test
  void counts_areSavedAtTheInterval_andAtClosing() {
    Resilience resilience = open();
    fail(breaker(resilience));
    time.advance(Duration.ofSeconds(40));
    assertThat(memory.rows.get("b").consecutiveFailures()).isEqualTo(1);
    breaker(resilience).recordSuccess(breaker(resilience).acquirePermit());
    resilience.close();
    assertThat(memory.rows.get("b").consecutiveFailures()).isZero();
    assertThat(memory.rows.get("b").totals().successes()).isEqualTo(1);
    assertThat(memory.closed).isTrue();
  }

  @Test
  @DisplayName("PE-09 fault 67: the time spent down counts toward the cooldown")
  void downTime_counts() {
    leaveOpen();
    time.advance(Duration.ofSeconds(30));
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(breaker(resilience).snapshot().remainingCooldown())
          .isEqualTo(Duration.ofSeconds(70));
    }
  }

  @Test
  @DisplayName("PE-09 fault 70: an expired cooldown comes back ready to probe, not closed")
  void expired_comesBackHalfOpen() {
    leaveOpen();
    time.advance(Duration.ofSeconds(120));
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
      fail(breaker(resilience));
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }

  @Test
  void wallClockThatWentBack_cannotLengthenTheCooldown() {
    leaveOpen();
    time.jumpWallClock(Duration.ofDays(-1));
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).snapshot().remainingCooldown())
          .isEqualTo(Duration.ofSeconds(100));
    }
  }

  @Test
  @DisplayName("PE-08 PE-11: streak, forced states, totals and generation come back")
  void streakForcedStatesAndTotals_comeBack() {
    long generation;
    try (Resilience resilience = open()) {
      fail(breaker(resilience));
      resilience.circuitBreaker("forced").forceOpen();
      generation = resilience.circuitBreaker("forced").snapshot().generation();
    }
    try (Resilience resilience = open()) {
      assertThat(resilience.circuitBreaker("forced").state())
          .isEqualTo(CircuitBreakerState.FORCED_OPEN);
      assertThat(resilience.circuitBreaker("forced").snapshot().generation())
          .isGreaterThanOrEqualTo(generation);
      fail(breaker(resilience));
      assertThat(breaker(resilience).state())
          .as("the second failure in a row")
          .isEqualTo(CircuitBreakerState.OPEN);
      assertThat(breaker(resilience).snapshot().totals().failures()).isEqualTo(2);
    }
  }

  @Test
  void changedSettings_keepAnOpenStateForTheShorterTime_andDropTheStreak() {
    leaveOpen();
    try (Resilience resilience = open()) {
      CircuitBreaker shorter = resilience.circuitBreaker(
          "b",
          CircuitBreakerConfig.builder()
              .failureThreshold(2)
              .cooldown(Duration.ofSeconds(10))
              .build());
      assertThat(shorter.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(10));
    }
  }

  @Test
  @DisplayName(
      "PE-12 PE-15 fault 71: a failing store is reported, harms no call, and is tried again")
  void failingStore_isReportedAndTriedAgain() {
    Resilience resilience = open();
    memory.failing = true;
    fail(breaker(resilience));
    fail(breaker(resilience));
    time.runPending();
    assertThat(resilience.flush(Duration.ofSeconds(1))).isFalse();
    assertThat(resilience.storeStatus().lastError()).contains("disk full");
    assertThat(resilience.storeStatus().pending()).isEqualTo(1);
    Map<String, HealthResult> checks = resilience.health().checkAll().checks();
    assertThat(checks.get("state store").status()).isEqualTo(HealthStatus.DEGRADED);
    memory.failing = false;
    time.advance(Duration.ofSeconds(40));
    assertThat(memory.rows.get("b").state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(resilience.storeStatus().lastError()).isNull();
    resilience.close();
  }

  @Test
  void locationWithoutScheme_isAnError() {
    assertThatThrownBy(() -> Resilience.builder().stateStore("sqlite"))
        .hasMessageContaining("stateStore must start with a scheme")
        .hasMessageContaining("sqlite");
  }

  @Test
  void old_isPurgedAtTheStart() {
    leaveOpen();
    time.advance(Duration.ofDays(4));
    try (Resilience resilience = open()) {
      assertThat(memory.rows).isEmpty();
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }
}
