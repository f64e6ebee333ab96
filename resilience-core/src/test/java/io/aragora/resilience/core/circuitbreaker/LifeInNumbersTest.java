package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/**
 * Every number that a breaker shows, saves and explains, in each phase of one life. Each method of
 * the life brings the breaker from one phase to the next.
 */
class LifeInNumbersTest extends BreakerFixture {
  private final CircuitBreaker breaker = breaker(config()
      .noFailureThreshold()
      .failureRateThreshold(40)
      .minimumNumberOfCalls(5)
      .countWindow(8)
      .successThreshold(2)
      .halfOpenMaxCalls(2)
      .cooldownBackoff(2)
      .maxCooldown(Duration.ofHours(1)));

  private final Instant born = time.wallTime();
  private Instant succeeded = born;
  private Instant opened = born;

  private void serve() {
    time.advance(Duration.ofSeconds(1));
    times(3, () -> succeed(breaker));
    succeeded = time.wallTime();
    time.advance(Duration.ofSeconds(2));
    fail(breaker);
    breaker.releasePermit(breaker.acquirePermit());
  }

  private void open() {
    serve();
    long late = breaker.acquirePermit();
    time.advance(Duration.ofSeconds(3));
    fail(breaker);
    opened = time.wallTime();
    breaker.recordSuccess(late);
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofSeconds(10));
  }

  private void endCooldown() {
    open();
    time.advance(Duration.ofSeconds(50));
  }

  /** Leaves one of two probes in flight, and returns it. */
  private long probe() {
    endCooldown();
    long first = breaker.acquirePermit();
    long second = breaker.acquirePermit();
    breaker.recordSuccess(first);
    return second;
  }

  private void openAgain() {
    breaker.recordFailure(probe(), null);
  }

  private void recover() {
    openAgain();
    time.advance(COOLDOWN.multipliedBy(2));
    times(2, () -> succeed(breaker));
  }

  @Test
  void closed_isShown() {
    serve();
    assertThat(breaker.snapshot())
        .isEqualTo(CircuitBreakerSnapshot.builder("b")
            .cause(breaker.explain().cause())
            .generation(breaker.save().generation())
            .windowCalls(4)
            .windowFailures(1)
            .consecutiveFailures(1)
            .lastFailure(time.wallTime())
            .lastSuccess(succeeded)
            .totals(CircuitBreakerTotals.builder()
                .successes(3)
                .failures(1)
                .ignored(1)
                .build())
            .build());
  }

  @Test
  void closed_isExplained() {
    serve();
    CircuitBreakerExplanation closed = breaker.explain();
    assertThat(closed.since()).isEqualTo(born);
    assertThat(closed.evidence()).isNull();
    assertThat(closed.nextProbe()).isNull();
    assertThat(closed.sequence()).isZero();
  }

  @Test
  void open_isShown() {
    open();
    assertThat(breaker.snapshot())
        .isEqualTo(CircuitBreakerSnapshot.builder("b")
            .state(CircuitBreakerState.OPEN)
            .cause(TransitionCause.FAILURE_RATE)
            .generation(breaker.save().generation())
            .transitions(1)
            .windowCalls(5)
            .windowFailures(2)
            .rejectedInState(1)
            .consecutiveFailures(2)
            .consecutiveSuccesses(1)
            .cooldown(COOLDOWN)
            .remainingCooldown(Duration.ofSeconds(50))
            .lastFailure(opened)
            .lastSuccess(succeeded)
            .totals(CircuitBreakerTotals.builder()
                .successes(4)
                .failures(2)
                .ignored(1)
                .rejected(1)
                .late(1)
                .build())
            .build());
  }

  @Test
  void open_isExplained() {
    open();
    CircuitBreakerExplanation open = breaker.explain();
    assertThat(open.sequence()).isEqualTo(1);
    assertThat(open.since()).isEqualTo(opened);
    assertThat(open.nextProbe()).isEqualTo(Duration.ofSeconds(50));
    assertThat(open.evidence()).isNotNull().satisfies(seen -> {
      assertThat(seen.calls()).isEqualTo(5);
      assertThat(seen.failures()).isEqualTo(2);
      assertThat(seen.slowCalls()).isZero();
      assertThat(seen.slowCallsInFlight()).isZero();
      assertThat(seen.consecutiveFailures()).isEqualTo(2);
      assertThat(seen.failureRate()).isEqualTo(40);
    });
  }

  @Test
  void open_isSaved() {
    open();
    SavedBreaker saved = breaker.save();
    assertThat(saved.enteredAt()).isEqualTo(opened);
    assertThat(saved.openUntil()).isEqualTo(opened.plus(COOLDOWN));
    assertThat(saved.cooldown()).isEqualTo(COOLDOWN);
    assertThat(saved.cooldownStep()).as("consecutive openings before").isZero();
    assertThat(saved.totals()).isEqualTo(breaker.snapshot().totals());
    assertThat(saved.savedAt()).isEqualTo(time.wallTime());
  }

  @Test
  void cooldownIsOver_nextProbeIsNow() {
    endCooldown();
    assertThat(breaker.snapshot().remainingCooldown()).isZero();
    assertThat(breaker.explain().nextProbe()).isZero();
  }

  @Test
  void halfOpen_nextProbe_isNowUntilTheSlotsAreTaken() {
    endCooldown();
    breaker.acquirePermit();
    assertThat(breaker.explain().nextProbe()).isZero();
    breaker.acquirePermit();
    assertThat(breaker.explain().nextProbe()).as("all slots are taken").isNull();
    assertThat(breaker.snapshot().probesInFlight()).isEqualTo(2);
  }

  @Test
  void halfOpen_countsAProbeThatSucceeded() {
    probe();
    assertThat(breaker.snapshot().probesInFlight()).isEqualTo(1);
    assertThat(breaker.snapshot().probeSuccesses()).isEqualTo(1);
    assertThat(breaker.snapshot().consecutiveSuccesses()).isEqualTo(1);
    assertThat(breaker.save().probeSuccesses()).isEqualTo(1);
    assertThat(breaker.explain().sequence()).isEqualTo(2);
  }

  @Test
  void openAgain_cooldownIsLonger() {
    openAgain();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cooldown()).isEqualTo(COOLDOWN.multipliedBy(2));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN.multipliedBy(2));
    assertThat(breaker.snapshot().transitions()).isEqualTo(3);
    assertThat(breaker.save().cooldownStep()).isEqualTo(1);
  }

  @Test
  void closedAgain_windowIsEmpty_totalsStay() {
    recover();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().windowCalls()).isZero();
    assertThat(breaker.snapshot().consecutiveFailures()).isZero();
    assertThat(breaker.snapshot().transitions()).isEqualTo(5);
    assertThat(breaker.snapshot().lastSuccess()).isEqualTo(time.wallTime());
    assertThat(breaker.snapshot().totals())
        .isEqualTo(CircuitBreakerTotals.builder()
            .successes(7)
            .failures(3)
            .ignored(1)
            .rejected(1)
            .late(1)
            .build());
    assertThat(breaker.save().cooldownStep()).isZero();
  }
}
