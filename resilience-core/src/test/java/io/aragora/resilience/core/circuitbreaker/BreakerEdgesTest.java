package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.persistence.RecordedLog;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a breaker says at the ends of its ranges, and to the policies beside it. */
class BreakerEdgesTest extends BreakerFixture {
  static void bring(CircuitBreaker breaker, CircuitBreakerState state) {
    switch (state) {
      case CLOSED -> breaker.reset();
      case OPEN -> breaker.open(COOLDOWN);
      case HALF_OPEN -> breaker.halfOpen();
      case FORCED_OPEN -> breaker.forceOpen();
      case METRICS_ONLY -> breaker.metricsOnly();
      case DISABLED -> breaker.disable();
    }
  }

  @ParameterizedTest
  @EnumSource(CircuitBreakerState.class)
  void rejectsAt_inEachState_whileEveryCallIsRejected(CircuitBreakerState state) {
    CoreCircuitBreaker breaker = (CoreCircuitBreaker) opensAfter(1);
    bring(breaker, state);
    long end = time.nanoTime() + COOLDOWN.toNanos();
    boolean isForced = state == CircuitBreakerState.FORCED_OPEN;
    assertThat(breaker.rejectsAt(end - 1)).isEqualTo(isForced || state == CircuitBreakerState.OPEN);
    assertThat(breaker.rejectsAt(end)).isEqualTo(isForced);
  }

  @ParameterizedTest
  @EnumSource(CircuitBreakerState.class)
  void admitsHedges_inEachState_whileEveryCallIsAdmitted(CircuitBreakerState state) {
    CoreCircuitBreaker breaker = (CoreCircuitBreaker) opensAfter(1);
    bring(breaker, state);
    assertThat(breaker.admitsHedges())
        .isEqualTo(state == CircuitBreakerState.CLOSED
            || state == CircuitBreakerState.METRICS_ONLY
            || state == CircuitBreakerState.DISABLED);
  }

  @ParameterizedTest
  @EnumSource(CircuitBreakerState.class)
  void reconfigure_inEachState_staysThere(CircuitBreakerState state) {
    CircuitBreaker breaker = opensAfter(3);
    bring(breaker, state);
    CircuitBreakerConfig other = config().failureThreshold(4).build();
    breaker.reconfigure(other);
    assertThat(breaker.state()).isEqualTo(state);
    assertThat(breaker.config()).isSameAs(other);
    boolean isRejecting =
        state == CircuitBreakerState.OPEN || state == CircuitBreakerState.FORCED_OPEN;
    assertThat(breaker.isAvailable()).isNotEqualTo(isRejecting);
    assertThat(breaker.tryAcquirePermit() == CircuitBreaker.REJECTED).isEqualTo(isRejecting);
  }

  @ParameterizedTest
  @EnumSource(
      value = CircuitBreakerState.class,
      names = {"OPEN", "CLOSED"},
      mode = EnumSource.Mode.EXCLUDE)
  void force_theStateThatItIsIn_changesNothing(CircuitBreakerState state) {
    CircuitBreaker breaker = opensAfter(3);
    breaker.forceClosed();
    assertThat(breaker.snapshot().transitions()).as("closed already").isZero();
    bring(breaker, state);
    bring(breaker, state);
    assertThat(breaker.snapshot().transitions()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = CircuitBreakerState.class,
      names = {"DISABLED", "METRICS_ONLY", "CLOSED"})
  void outcomes_whereEveryCallIsAdmitted_areInTheTotals(CircuitBreakerState state) {
    CircuitBreaker breaker = opensAfter(5);
    bring(breaker, state);
    times(2, () -> succeed(breaker));
    times(3, () -> fail(breaker));
    breaker.releasePermit(breaker.acquirePermit());
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(3);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().late()).isZero();
  }

  @Test
  void wallClock_beyondTheRangeOfSavedInstants_isShownAsItsEnd() {
    time.startingAt(SavedBreaker.LATEST.plusSeconds(1));
    CircuitBreaker late = resilience.circuitBreaker("late", config().build());
    late.open(COOLDOWN);
    assertThat(late.explain().since()).isEqualTo(SavedBreaker.LATEST);
    assertThat(late.save().enteredAt()).isEqualTo(SavedBreaker.LATEST);
    assertThat(late.save().openUntil()).isEqualTo(SavedBreaker.LATEST);
    assertThat(late.save().savedAt()).isEqualTo(SavedBreaker.LATEST);

    time.startingAt(SavedBreaker.EARLIEST.minusSeconds(1_000));
    CircuitBreaker early = resilience.circuitBreaker("early", config().build());
    early.open(COOLDOWN);
    assertThat(early.explain().since()).isEqualTo(SavedBreaker.EARLIEST);
    assertThat(early.save().enteredAt()).isEqualTo(SavedBreaker.EARLIEST);
    assertThat(early.save().openUntil()).isEqualTo(SavedBreaker.EARLIEST.plus(COOLDOWN));
    assertThat(early.save().savedAt()).isEqualTo(SavedBreaker.EARLIEST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2026-03-01T10:20:30.123456Z", "1960-03-01T10:20:30.123456Z"})
  void since_isTheWallTimeToTheMicrosecond(String entered) {
    time.startingAt(Instant.parse(entered).plusNanos(789));
    assertThat(opensAfter(1).explain().since()).isEqualTo(Instant.parse(entered));
  }

  @Test
  void predicate_thatThrows_countsAFailure_andIsLoggedOnce() {
    try (RecordedLog log = RecordedLog.of(CoreCircuitBreaker.class)) {
      CircuitBreaker breaker = breaker(config().failureThreshold(5).recordIf(failure -> {
        throw new IllegalStateException("predicate");
      }));
      times(2, () -> fail(breaker));
      assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(2);
      assertThat(log.messages())
          .containsExactly(
              "WARNING a predicate of breaker 'b' failed, so the call counts as a failure (logged once)");
    }
  }

  @Test
  void cooldownFrom_thatThrows_isLoggedOnce() {
    try (RecordedLog log = RecordedLog.of(CoreCircuitBreaker.class)) {
      CircuitBreaker breaker = breaker(config().failureThreshold(1).cooldownFrom(failure -> {
        throw new IllegalStateException("function");
      }));
      fail(breaker);
      breaker.reset();
      fail(breaker);
      assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
      assertThat(log.messages())
          .containsExactly(
              "WARNING cooldownFrom of breaker 'b' failed, so the cooldown is that of the settings"
                  + " (logged once)");
    }
  }

  @Test
  void halfOpen_calledWithinIt_takesNoProbeAway() {
    CircuitBreaker breaker = breaker(config().halfOpenMaxCalls(1));
    breaker.halfOpen();
    long probe = breaker.acquirePermit();
    breaker.halfOpen();
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    breaker.recordSuccess(probe);
    assertThat(breaker.snapshot().probeSuccesses()).isEqualTo(1);
  }

  @Test
  void adopt_sameSettings_restoresEverything_once() {
    CircuitBreaker before = resilience.circuitBreaker("before", config().build());
    times(2, () -> fail(before));
    succeed(before);
    before.open(COOLDOWN);
    SavedBreaker saved = before.save();
    CoreCircuitBreaker after =
        (CoreCircuitBreaker) resilience.circuitBreaker("after", config().build());
    assertThat(after.adopt(saved)).isNull();
    assertThat(after.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    assertThat(after.snapshot().totals()).isEqualTo(before.snapshot().totals());
    assertThat(after.adopt(saved))
        .isEqualTo("it has moved since, so only its totals were restored");
    assertThat(after.snapshot().totals().failures()).isEqualTo(4);
  }

  @Test
  void adopt_otherSettings_saysWhatIsMissing() {
    CircuitBreaker before = resilience.circuitBreaker("before", config().build());
    times(2, () -> fail(before));
    SavedBreaker closed = before.save();
    before.halfOpen();
    SavedBreaker halfOpen = before.save();

    CoreCircuitBreaker open = (CoreCircuitBreaker) resilience.circuitBreaker(
        "open", config().initialState(CircuitBreakerState.OPEN).build());
    assertThat(open.adopt(closed))
        .isEqualTo("its settings have changed, so only its totals were restored");
    assertThat(open.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(open.snapshot().totals().failures()).isEqualTo(2);

    CoreCircuitBreaker other = (CoreCircuitBreaker)
        resilience.circuitBreaker("other", config().failureThreshold(9).build());
    assertThat(other.adopt(halfOpen))
        .isEqualTo("its settings have changed, so counts and probes were not restored");
    assertThat(other.snapshot().consecutiveFailures()).isZero();
  }

  @Test
  void adopt_aLargerGeneration_goesOnFromIt() {
    CircuitBreaker before = resilience.circuitBreaker("before", config().build());
    times(7, before::reset);
    SavedBreaker saved = before.save();
    CircuitBreaker after = resilience.circuitBreaker("after", config().build());
    assertThat(after.restore(saved)).isTrue();
    assertThat(after.snapshot().generation()).isEqualTo(saved.generation());
    after.open(COOLDOWN);
    assertThat(after.snapshot().generation()).isEqualTo(saved.generation() + 1);
  }

  @Test
  void texts_nameTheBreaker() {
    assertThat(opensAfter(1)).hasToString("breaker 'b'");
    assertThat(keyed(config())).hasToString("keyed breaker 'agents'");
    assertThat(keyed(config()).forKey("one")).hasToString("breaker 'agents:one'");
  }

  @Test
  void ignoreIf_thatThrows_ignoresNothing() {
    CircuitBreaker breaker = breaker(config().failureThreshold(5).ignoreIf(failure -> {
      throw new IllegalStateException("predicate");
    }));
    fail(breaker);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().ignored()).isZero();
  }

  @Test
  void rejected_isNoPermit() {
    CircuitBreaker breaker = opensAfter(1);
    long none = CircuitBreaker.REJECTED;
    List<Runnable> misuses = List.of(
        () -> breaker.recordSuccess(none),
        () -> breaker.recordFailure(none, null),
        () -> breaker.recordResult(none, "value"),
        () -> breaker.releasePermit(none));
    for (CircuitBreakerState state : CircuitBreakerState.values()) {
      bring(breaker, state);
      assertThat(misuses)
          .allSatisfy(misuse -> assertThatIllegalArgumentException().isThrownBy(misuse::run));
    }
    assertThat(breaker.snapshot().totals()).isEqualTo(CircuitBreakerTotals.ZERO);
  }
}
