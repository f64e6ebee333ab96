package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of a saved breaker: what each of them becomes in a breaker that adopts it. */
class RestoredNumbersTest extends BreakerFixture {
  private static final Duration TEN_CENTURIES = Duration.ofDays(365_250);

  private CircuitBreaker restored(SavedBreaker saved, CircuitBreakerConfig.Builder config) {
    CircuitBreaker breaker = resilience.circuitBreaker("restored", config.build());
    breaker.restore(saved);
    return breaker;
  }

  @ParameterizedTest
  @EnumSource(CircuitBreakerState.class)
  void otherSettings_keepTheState_andAProbingBreakerProbesAnew(CircuitBreakerState state) {
    CircuitBreaker before = breaker(config());
    if (state == CircuitBreakerState.CLOSED) {
      fail(before);
    } else {
      BreakerEdgesTest.bring(before, state);
    }
    if (state == CircuitBreakerState.HALF_OPEN) {
      succeed(before);
    }
    CircuitBreaker after = restored(before.save(), config().failureThreshold(9));
    assertThat(after.state()).isEqualTo(state);
    assertThat(after.snapshot().consecutiveFailures()).isZero();
    assertThat(after.snapshot().probeSuccesses()).isZero();
  }

  @Test
  void closed_restoredAsClosed_isANewGeneration() {
    CircuitBreaker before = breaker(config());
    CircuitBreaker after = resilience.circuitBreaker("after", config().build());
    long permit = after.acquirePermit();
    assertThat(after.restore(before.save())).isTrue();
    after.recordFailure(permit, null);
    assertThat(after.snapshot().totals().late()).isEqualTo(1);
    assertThat(after.snapshot().windowCalls()).isZero();
    assertThat(after.snapshot().transitions()).isZero();
    succeed(after);
    assertThat(after.snapshot().windowCalls()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 9})
  void probeSuccesses_neverCloseByThemselves(int saved) {
    CircuitBreaker before = breaker(config().successThreshold(3));
    before.halfOpen();
    CircuitBreaker after = restored(
        before.save().toBuilder().probeSuccesses(saved).build(), config().successThreshold(3));
    assertThat(after.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(after.snapshot().probeSuccesses()).isEqualTo(Math.min(saved, 2));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void probesOfAShare_areDroppedIfTheyWouldDecide(int successes) {
    CircuitBreakerConfig.Builder share =
        config().halfOpenFailureRateThreshold(50).halfOpenCalls(4).halfOpenMaxCalls(4);
    CircuitBreaker before = breaker(share);
    before.halfOpen();
    CircuitBreaker after = restored(
        before.save().toBuilder().probeSuccesses(successes).probeFailures(1).build(), share);
    assertThat(after.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(after.snapshot().probeSuccesses()).isEqualTo(successes == 2 ? 2 : 0);
    assertThat(after.snapshot().probeFailures()).isEqualTo(successes == 2 ? 1 : 0);
  }

  @Test
  void cooldown_withJitter_isRestoredAtItsWholeLength() {
    time.fixedRandom(0.75);
    CircuitBreakerConfig.Builder jitter = config().failureThreshold(1).cooldownJitter(0.4);
    CircuitBreaker before = breaker(jitter);
    fail(before);
    Duration longer = COOLDOWN.plus(COOLDOWN.multipliedBy(3).dividedBy(10));
    assertThat(before.snapshot().remainingCooldown()).isEqualTo(longer);
    CircuitBreaker after = restored(before.save(), jitter);
    assertThat(after.snapshot().cooldown()).isEqualTo(longer);
    assertThat(after.snapshot().remainingCooldown()).isEqualTo(longer);
  }

  @Test
  void cooldown_withBackoffAndJitter_isRestoredAtItsWholeLength() {
    time.fixedRandom(0.5);
    CircuitBreakerConfig.Builder growing = config()
        .failureThreshold(1)
        .cooldownBackoff(3)
        .maxCooldown(COOLDOWN.multipliedBy(2))
        .cooldownJitter(0.5);
    CircuitBreaker before = breaker(growing);
    fail(before);
    time.advance(COOLDOWN.multipliedBy(2));
    fail(before);
    Duration longest = COOLDOWN.multipliedBy(2).plus(COOLDOWN.dividedBy(2));
    assertThat(before.snapshot().remainingCooldown()).isEqualTo(longest);
    assertThat(restored(before.save(), growing).snapshot().remainingCooldown()).isEqualTo(longest);
  }

  @Test
  void cooldown_thatTheSettingsDoNotPermit_isTheirs_unlessItWasSetByHand() {
    CircuitBreaker before = breaker(config());
    before.open(COOLDOWN.multipliedBy(10));
    SavedBreaker byHand = before.save();
    SavedBreaker byRule = byHand.toBuilder().openedByHand(false).build();
    assertThat(restored(byRule, config()).snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    CircuitBreaker kept = resilience.circuitBreaker("kept", config().build());
    kept.restore(byHand);
    assertThat(kept.snapshot().remainingCooldown()).isEqualTo(COOLDOWN.multipliedBy(10));
  }

  @Test
  void wallClock_centuriesAway_endsACooldown_orLeavesTheWholeOfIt() {
    CircuitBreaker before = breaker(config());
    before.open(COOLDOWN);
    SavedBreaker saved = before.save();
    time.jumpWallClock(TEN_CENTURIES);
    assertThat(restored(saved, config()).state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    time.jumpWallClock(TEN_CENTURIES.multipliedBy(-2));
    CircuitBreaker early = resilience.circuitBreaker("early", config().build());
    early.restore(saved);
    assertThat(early.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
  }

  @Test
  void follow_theOpeningOfAPeer_saysWhetherItOpened() {
    CircuitBreaker peer = breaker(config());
    peer.open(COOLDOWN);
    SavedBreaker opening = peer.save();
    CoreCircuitBreaker following = (CoreCircuitBreaker)
        resilience.circuitBreaker("following", config().followPeers(true).build());
    assertThat(following.follow(opening)).isTrue();
    assertThat(following.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(following.follow(opening)).as("open already").isFalse();
    CoreCircuitBreaker late = (CoreCircuitBreaker)
        resilience.circuitBreaker("late", config().followPeers(true).build());
    time.advance(COOLDOWN);
    assertThat(late.follow(opening)).as("its cooldown is over").isFalse();
    assertThat(late.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }
}
