package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is restored from the store when a breaker is created. */
class RestoredStateTest extends SaverFixture {
  @Test
  @Tag("PE-09")
  @Tag("fault-67")
  @DisplayName("downtime counts toward the cooldown")
  void downTime_counts() {
    leaveOpen();
    time.advance(Duration.ofSeconds(30));
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(breaker(resilience).snapshot().remainingCooldown())
          .isEqualTo(Duration.ofSeconds(70));
      assertThat(breaker(resilience).snapshot().cause()).isEqualTo(TransitionCause.RESTORED);
    }
  }

  @Test
  @Tag("fault-70")
  @DisplayName("an expired cooldown is restored ready to probe, not closed")
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
  @DisplayName(
      "a wall clock that went back cannot lengthen a cooldown, and later changes are saved")
  void wallClockThatWentBack_cannotLengthenTheCooldown() {
    leaveOpen();
    time.jumpWallClock(Duration.ofDays(-1));
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
      breaker(resilience).reset();
      time.advance(A_MOMENT);
      assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  @DisplayName(
      "a wall clock that goes back in operation changes no cooldown, and changes are still "
          + "saved")
  void wallClockThatGoesBackInOperation_losesNoChange() {
    try (Resilience resilience = open()) {
      trip(breaker(resilience));
      time.advance(A_MOMENT);
      time.jumpWallClock(Duration.ofHours(-3));
      assertThat(breaker(resilience).snapshot().remainingCooldown())
          .isEqualTo(COOLDOWN.minus(A_MOMENT));
      breaker(resilience).disable();
      time.advance(A_MOMENT);
      assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.DISABLED);
    }
  }

  @Test
  @DisplayName(
      "a wall clock that went forward ends a cooldown, and leaves the breaker ready to probe")
  void wallClockThatWentForward_endsTheCooldown() {
    leaveOpen();
    time.jumpWallClock(Duration.ofHours(1));
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    }
  }

  @Test
  @Tag("PE-08")
  @Tag("fault-68")
  @DisplayName("name, consecutive counts, forced states, totals and generation are restored")
  void consecutiveCountsForcedStatesAndTotals_areRestored() {
    long generation;
    try (Resilience resilience = open()) {
      fail(breaker(resilience));
      CircuitBreaker forced = resilience.circuitBreaker("forced");
      succeed(forced);
      succeed(forced);
      forced.forceOpen();
      succeed(resilience.circuitBreaker("fine"));
      succeed(resilience.circuitBreaker("fine"));
      generation = forced.snapshot().generation();
    }
    try (Resilience resilience = open()) {
      CircuitBreaker forced = resilience.circuitBreaker("forced");
      assertThat(forced.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
      assertThat(forced.snapshot().generation()).isGreaterThanOrEqualTo(generation);
      assertThat(forced.snapshot().totals().successes()).isEqualTo(2);
      CircuitBreaker fine = resilience.circuitBreaker("fine");
      assertThat(fine.snapshot().consecutiveSuccesses()).isEqualTo(2);
      succeed(fine);
      assertThat(fine.snapshot().consecutiveSuccesses()).isEqualTo(3);
      fail(breaker(resilience));
      assertThat(breaker(resilience).state())
          .as("the second consecutive failure")
          .isEqualTo(CircuitBreakerState.OPEN);
      assertThat(breaker(resilience).snapshot().totals().failures()).isEqualTo(2);
    }
  }

  @Test
  @Tag("PE-11")
  @DisplayName("the progress of probes and the growth of the cooldown are restored")
  void probeProgressAndCooldownStep_comeBack() {
    CircuitBreakerConfig growing = config()
        .cooldownBackoff(2)
        .maxCooldown(Duration.ofHours(1))
        .successThreshold(2)
        .build();
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b", growing);
      trip(breaker);
      time.advance(COOLDOWN);
      fail(breaker);
      assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN.multipliedBy(2));
      time.advance(COOLDOWN.multipliedBy(2));
      succeed(breaker);
    }
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b", growing);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
      assertThat(breaker.snapshot().probeSuccesses()).isEqualTo(1);
      fail(breaker);
      assertThat(breaker.snapshot().remainingCooldown())
          .as("the third consecutive opening")
          .isEqualTo(COOLDOWN.multipliedBy(4));
      time.advance(COOLDOWN.multipliedBy(4));
      succeed(breaker);
      succeed(breaker);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  @Tag("PE-11")
  @DisplayName(
      "keys are restored when they are asked for, apart from a breaker that is named like one")
  void keys_comeBack() {
    try (Resilience resilience = open()) {
      trip(keyed(resilience).forKey("open"));
      fail(keyed(resilience).forKey("failed once"));
      resilience.circuitBreaker("k:open").disable();
    }
    assertThat(store.ids()).containsExactly("k:failed once", "k:open", "k:open");
    time.advance(Duration.ofSeconds(10));
    try (Resilience resilience = open()) {
      assertThat(keyed(resilience).size()).as("no caller asked yet").isZero();
      assertThat(keyed(resilience).forKey("open").snapshot().remainingCooldown())
          .isEqualTo(Duration.ofSeconds(90));
      assertThat(keyed(resilience).impairedKeys(10)).containsOnlyKeys("open");
      fail(keyed(resilience).forKey("failed once"));
      assertThat(keyed(resilience).isAvailable("failed once")).isFalse();
      assertThat(resilience.circuitBreaker("k:open").state())
          .isEqualTo(CircuitBreakerState.DISABLED);
    }
  }

  @Test
  @Tag("PE-11")
  @DisplayName("a key that was saved open is unavailable, although no caller has used it since")
  void key_notCalledSince_isAsSaved() {
    try (Resilience resilience = open()) {
      trip(keyed(resilience).forKey("open"));
      keyed(resilience).forKey("forced").forceOpen();
    }
    try (Resilience resilience = open()) {
      assertThat(keyed(resilience).state("forced")).isEqualTo(CircuitBreakerState.FORCED_OPEN);
      assertThat(keyed(resilience).find("open")).isPresent();
      assertThat(keyed(resilience).find("other")).isEmpty();
      assertThat(keyed(resilience).filterAvailable(List.of("open", "other")))
          .containsExactly("other");
      assertThat(keyed(resilience).state("other")).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(keyed(resilience).size()).as("nothing is made of other keys").isEqualTo(2);
    }
  }

  @Test
  @DisplayName("the overflow breaker is not saved, not even under a key of its name")
  void overflowBreaker_isNotSaved() {
    try (Resilience resilience = open()) {
      trip(keyed(resilience).overflow());
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      assertThat(store.ids()).isEmpty();
    }
  }

  @Test
  @DisplayName("slow calls are restored in the totals")
  void slowCalls_comeBack() {
    CircuitBreakerConfig slow = config()
        .slowCallRateThreshold(100)
        .slowCallDuration(Duration.ofSeconds(1))
        .minimumNumberOfCalls(100)
        .build();
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b", slow);
      long permit = breaker.acquirePermit();
      time.advance(Duration.ofSeconds(2));
      breaker.recordSuccess(permit);
      succeed(breaker);
    }
    try (Resilience resilience = open()) {
      assertThat(resilience.circuitBreaker("b", slow).snapshot().totals().successes())
          .isEqualTo(2);
      assertThat(resilience.circuitBreaker("b", slow).snapshot().slowCalls()).isEqualTo(1);
    }
  }

  @Test
  void changedConfig_keepsAnOpenStateForTheShorterTime_andDropsConsecutiveFailures() {
    leaveOpen();
    try (Resilience resilience = open()) {
      CircuitBreaker shorter = resilience.circuitBreaker(
          "b", config().cooldown(Duration.ofSeconds(10)).build());
      assertThat(shorter.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(10));
    }
  }

  @Test
  @Tag("PE-04")
  @DisplayName("loading creates no breaker, and saved states wait until they are asked for")
  void loading_createsNothing() {
    leaveOpen();
    try (Resilience resilience = open()) {
      assertThat(resilience.policies().circuitBreakers()).isEmpty();
    }
    try (Resilience resilience = open()) {
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(resilience.policies().circuitBreakers()).hasSize(1);
    }
  }

  @Test
  @Tag("PE-05")
  @DisplayName("unreadable rows are logged, the first ten of them one by one")
  void problems_areLogged() {
    for (int i = 0; i < 10; i++) {
      store.problems.add("row " + i);
    }
    try (RecordedLog log = RecordedLog.of(StateRestoration.class);
        Resilience resilience = open()) {
      assertThat(resilience.policies().circuitBreakers()).isEmpty();
      assertThat(log.messages()).hasSize(10);
    }
    store.problems.addAll(List.of("row 10", "row 11"));
    try (RecordedLog log = RecordedLog.of(StateRestoration.class);
        Resilience resilience = open()) {
      assertThat(resilience.policies().circuitBreakers()).isEmpty();
      assertThat(log.messages())
          .hasSize(11)
          .contains(
              "WARNING RecordingStore: an invalid entry is skipped: row 9",
              "WARNING RecordingStore: 2 more invalid entries are skipped")
          .doesNotContain("WARNING RecordingStore: an invalid entry is skipped: row 10");
    }
  }

  @Test
  @DisplayName("what is not restored, because the settings have changed, is logged")
  void otherSettings_areLogged() {
    leaveOpen();
    try (RecordedLog log = RecordedLog.of(StateRestoration.class);
        Resilience same = open()) {
      assertThat(breaker(same).state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(log.messages()).isEmpty();
    }
    try (RecordedLog log = RecordedLog.of(StateRestoration.class);
        Resilience changed = open()) {
      assertThat(
              changed.circuitBreaker("b", config().failureThreshold(7).build()).state())
          .isEqualTo(CircuitBreakerState.OPEN);
      assertThat(log.messages())
          .containsExactly("INFO circuit breaker 'b' was saved as open, but its settings have"
              + " changed, so counts and probes were not restored");
    }
  }
}
