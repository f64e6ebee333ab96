package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What readings and events say about probes and their permits. */
class ProbeNumbersTest extends BreakerFixture {
  private static final Duration SLOW = Duration.ofSeconds(2);

  /** How far the clock of last outcomes may be behind. */
  private static final Duration COARSE = Duration.ofMillis(25);

  private CircuitBreaker watched() {
    return halfOpen(config().slowCallRateThreshold(100).slowCallDuration(SLOW));
  }

  private static List<CircuitBreakerCall> callsOf(CircuitBreaker breaker) {
    List<CircuitBreakerCall> calls = new CopyOnWriteArrayList<>();
    breaker.subscribeCalls(EnumSet.allOf(Kind.class), calls::add);
    return calls;
  }

  @Test
  void event_ofAWatchedProbe_saysHowLongItTook() {
    CircuitBreaker breaker = watched();
    List<CircuitBreakerCall> calls = callsOf(breaker);
    long probe = breaker.acquirePermit();
    time.advance(Duration.ofMillis(300));
    breaker.recordSuccess(probe);
    breaker.recordSuccess(probe);
    time.runPending();
    assertThat(calls).extracting(CircuitBreakerCall::kind).containsExactly(Kind.SUCCESS, Kind.LATE);
    assertThat(calls.get(0).duration()).isEqualTo(Duration.ofMillis(300));
    assertThat(calls.get(1).duration()).as("its slot is free already").isNull();
  }

  @Test
  void event_ofAProbeWithoutASlowRule_saysNoDuration() {
    CircuitBreaker breaker = halfOpen(config());
    List<CircuitBreakerCall> calls = callsOf(breaker);
    long probe = breaker.acquirePermit();
    time.advance(Duration.ofMillis(300));
    breaker.recordSuccess(probe);
    time.runPending();
    assertThat(calls).singleElement().satisfies(call -> {
      assertThat(call.kind()).isEqualTo(Kind.SUCCESS);
      assertThat(call.duration()).isNull();
    });
  }

  @Test
  void event_ofADurationThatTheCallerMeasured_saysThat() {
    CircuitBreaker breaker = watched();
    List<CircuitBreakerCall> calls = callsOf(breaker);
    long probe = breaker.acquirePermit();
    time.advance(Duration.ofSeconds(1));
    breaker.recordSuccess(probe, SLOW.toNanos() - 1);
    time.runPending();
    assertThat(calls)
        .singleElement()
        .satisfies(call -> assertThat(call.duration()).isEqualTo(SLOW.minusNanos(1)));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);

    breaker.recordSuccess(breaker.acquirePermit(), SLOW.toNanos());

    assertThat(breaker.state()).as("as slow as the limit").isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void probe_thatEnds_isTheLastFailureOrSuccess() {
    CircuitBreaker breaker = halfOpen(config().halfOpenFailureRateThreshold(50).halfOpenCalls(10));
    time.advance(Duration.ofSeconds(1));
    succeed(breaker);
    Instant succeeded = time.wallTime();
    assertThat(breaker.snapshot().lastSuccess()).isBetween(succeeded.minus(COARSE), succeeded);
    time.advance(Duration.ofSeconds(1));
    fail(breaker);
    Instant failed = time.wallTime();
    assertThat(breaker.snapshot().lastFailure()).isBetween(failed.minus(COARSE), failed);
    assertThat(breaker.snapshot().lastSuccess()).isBetween(succeeded.minus(COARSE), succeeded);
  }

  @Test
  void probe_releasedTwice_isLateTheSecondTime() {
    CircuitBreaker breaker = halfOpen(config().halfOpenMaxCalls(1));
    long probe = breaker.acquirePermit();
    breaker.releasePermit(probe);
    long next = breaker.acquirePermit();
    breaker.releasePermit(probe);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().late()).isEqualTo(1);
    assertThat(breaker.tryAcquirePermit())
        .as("the probe that holds the slot keeps it")
        .isEqualTo(CircuitBreaker.REJECTED);
    breaker.releasePermit(next);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(2);
  }

  @Test
  void probe_ofAnEarlierPhase_isLateInEachState() {
    for (CircuitBreakerState state : CircuitBreakerState.values()) {
      CircuitBreaker breaker = resilience.circuitBreaker("in " + state, config().build());
      breaker.halfOpen();
      long probe = breaker.acquirePermit();
      long released = breaker.acquirePermit();
      breaker.reset();
      BreakerEdgesTest.bring(breaker, state);
      breaker.recordFailure(probe, null);
      breaker.releasePermit(released);
      assertThat(breaker.snapshot().totals().late()).as("%s", state).isEqualTo(2);
      assertThat(breaker.snapshot().windowCalls()).isZero();
      assertThat(breaker.state()).isEqualTo(state);
    }
  }

  @Test
  void forcedOpen_afterFailures_stillShowsThem() {
    CircuitBreaker breaker = opensAfter(5);
    times(3, () -> fail(breaker));
    breaker.forceOpen();
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(3);
    breaker.reconfigure(config().failureThreshold(6).build());
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(3);
  }
}
