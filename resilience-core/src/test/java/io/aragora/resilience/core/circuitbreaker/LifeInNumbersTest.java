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

/** Every number that a breaker shows, saves and explains, in each phase of one life. */
class LifeInNumbersTest extends BreakerFixture {
  @Test
  void everyNumber_isRight_atEachStation() {
    CircuitBreaker breaker = breaker(config()
        .noFailureThreshold()
        .failureRateThreshold(40)
        .minimumNumberOfCalls(5)
        .countWindow(8)
        .successThreshold(2)
        .halfOpenMaxCalls(2)
        .cooldownBackoff(2)
        .maxCooldown(Duration.ofHours(1)));
    Instant born = time.wallTime();

    time.advance(Duration.ofSeconds(1));
    times(3, () -> succeed(breaker));
    Instant succeeded = time.wallTime();
    time.advance(Duration.ofSeconds(2));
    fail(breaker);
    breaker.releasePermit(breaker.acquirePermit());
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
    CircuitBreakerExplanation closed = breaker.explain();
    assertThat(closed.since()).isEqualTo(born);
    assertThat(closed.evidence()).isNull();
    assertThat(closed.nextProbe()).isNull();
    assertThat(closed.sequence()).isZero();

    long late = breaker.acquirePermit();
    time.advance(Duration.ofSeconds(3));
    fail(breaker);
    Instant opened = time.wallTime();
    breaker.recordSuccess(late);
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofSeconds(10));
    assertThat(breaker.snapshot())
        .isEqualTo(CircuitBreakerSnapshot.builder("b")
            .state(CircuitBreakerState.OPEN)
            .cause(TransitionCause.FAILURE_RATE)
            .generation(breaker.save().generation())
            .transitions(1)
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
    SavedBreaker saved = breaker.save();
    assertThat(saved.enteredAt()).isEqualTo(opened);
    assertThat(saved.openUntil()).isEqualTo(opened.plus(COOLDOWN));
    assertThat(saved.cooldown()).isEqualTo(COOLDOWN);
    assertThat(saved.cooldownStep()).as("consecutive openings before").isZero();
    assertThat(saved.totals()).isEqualTo(breaker.snapshot().totals());
    assertThat(saved.savedAt()).isEqualTo(time.wallTime());

    time.advance(Duration.ofSeconds(50));
    assertThat(breaker.snapshot().remainingCooldown()).isZero();
    assertThat(breaker.explain().nextProbe()).isZero();
    long probe = breaker.acquirePermit();
    assertThat(breaker.explain().nextProbe()).isZero();
    long second = breaker.acquirePermit();
    assertThat(breaker.explain().nextProbe()).as("all places are taken").isNull();
    assertThat(breaker.snapshot().probesInFlight()).isEqualTo(2);
    breaker.recordSuccess(probe);
    assertThat(breaker.snapshot().probesInFlight()).isEqualTo(1);
    assertThat(breaker.snapshot().probeSuccesses()).isEqualTo(1);
    assertThat(breaker.snapshot().consecutiveSuccesses()).isEqualTo(1);
    assertThat(breaker.save().probeSuccesses()).isEqualTo(1);
    assertThat(breaker.explain().sequence()).isEqualTo(2);
    breaker.recordFailure(second, null);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cooldown()).isEqualTo(COOLDOWN.multipliedBy(2));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN.multipliedBy(2));
    assertThat(breaker.snapshot().transitions()).isEqualTo(3);
    assertThat(breaker.save().cooldownStep()).isEqualTo(1);

    time.advance(COOLDOWN.multipliedBy(2));
    times(2, () -> succeed(breaker));
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
