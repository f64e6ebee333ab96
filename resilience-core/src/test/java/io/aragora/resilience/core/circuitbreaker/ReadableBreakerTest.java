package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.internal.ReadableBreaker;
import io.aragora.resilience.internal.ReadableBreaker.Place;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The numbers that a scrape reads are those of a snapshot. */
class ReadableBreakerTest extends BreakerFixture {
  @Test
  void read_inEachState_theNumbersOfASnapshot() {
    CircuitBreaker breaker = breaker(config()
        .noFailureThreshold()
        .failureRateThreshold(50)
        .minimumNumberOfCalls(4)
        .slowCallRateThreshold(100)
        .slowCallDuration(Duration.ofSeconds(1)));
    assertThat(isReadAsShown(breaker)).isZero();

    times(3, () -> succeed(breaker));
    long slow = breaker.acquirePermit();
    time.advance(Duration.ofSeconds(2));
    breaker.recordSuccess(slow);
    breaker.releasePermit(breaker.acquirePermit());
    fail(breaker);
    assertThat(isReadAsShown(breaker)).isEqualTo(0.2);

    long late = breaker.acquirePermit();
    times(3, () -> fail(breaker));
    breaker.recordSuccess(late);
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(isReadAsShown(breaker)).isEqualTo(0.5);

    time.advance(COOLDOWN);
    assertThat(isReadAsShown(breaker)).isEqualTo(0.5);
    breaker.releasePermit(breaker.acquirePermit());
    assertThat(isReadAsShown(breaker)).isNaN();

    breaker.forceOpen();
    assertThat(isReadAsShown(breaker)).isNaN();
    breaker.disable();
    assertThat(isReadAsShown(breaker)).isNaN();
    breaker.reset();
    assertThat(isReadAsShown(breaker)).isZero();
  }

  /** Returns the failure rate. */
  private static double isReadAsShown(CircuitBreaker breaker) {
    long[] numbers = new long[Place.ALL_NUMBERS];
    ((ReadableBreaker) breaker).read(numbers);
    ((ReadableBreaker) breaker).readWindow(numbers);
    CircuitBreakerSnapshot shown = breaker.snapshot();
    assertThat(numbers[Place.FAILURES]).isEqualTo(shown.totals().failures());
    assertThat(numbers[Place.IGNORED]).isEqualTo(shown.totals().ignored());
    assertThat(numbers[Place.LATE]).isEqualTo(shown.totals().late());
    assertThat(numbers[Place.REJECTED]).isEqualTo(shown.totals().rejected());
    assertThat(numbers[Place.SUCCESSES]).isEqualTo(shown.totals().successes());
    assertThat(numbers[Place.SLOW]).isEqualTo(shown.slowCalls());
    assertThat(numbers[Place.TRANSITIONS]).isEqualTo(shown.transitions());
    assertThat(numbers[Place.STATE]).isEqualTo(shown.state().code());
    assertThat(((ReadableBreaker) breaker).consecutiveFailures())
        .isEqualTo(shown.consecutiveFailures());
    assertThat(numbers[Place.WINDOW_CALLS]).isEqualTo(shown.windowCalls());
    assertThat(numbers[Place.WINDOW_FAILURES]).isEqualTo(shown.windowFailures());
    double rate = Double.longBitsToDouble(numbers[Place.FAILURE_RATE]);
    if (shown.windowCalls() != 0) {
      assertThat(rate).isEqualTo(shown.failureRate() / 100);
    }
    Evidence evidence = breaker.explain().evidence();
    if (evidence != null) {
      assertThat(rate).isEqualTo(evidence.failureRate() / 100);
    }
    return rate;
  }
}
