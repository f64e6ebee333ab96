package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Probes that are judged by the share of them that failed. */
class HalfOpenShareTest extends BreakerFixture {
  private static CircuitBreakerConfig.Builder share(double percent, int probes) {
    return config()
        .halfOpenFailureRateThreshold(percent)
        .halfOpenCalls(probes)
        .halfOpenMaxCalls(probes);
  }

  @Test
  @DisplayName("failed probes below the share do not open, and the last probe closes")
  void belowTheShare_closes() {
    CircuitBreaker breaker = halfOpen(share(50, 4));
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().probeFailures()).isEqualTo(1);
    times(2, () -> succeed(breaker));
    assertThat(breaker.state())
        .as("two of four may still fail")
        .isEqualTo(CircuitBreakerState.HALF_OPEN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBES_SUCCEEDED);
  }

  @Test
  @DisplayName("it opens as soon as the share is certain, and explains on what it saw")
  void shareReached_opensBeforeTheLastProbe() {
    CircuitBreaker breaker = halfOpen(share(50, 4));
    succeed(breaker);
    fail(breaker);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_FAILED);
    assertThat(breaker.explain())
        .hasToString("breaker 'b' is open since " + time.wallTime()
            + ": 2 of 3 probes failed (66.7 %), halfOpenFailureRateThreshold is 50.0 %;"
            + " next probe in 60.0 s");
  }

  @Test
  @DisplayName("it closes as soon as the missing probes cannot reach the share")
  void shareOutOfReach_closesBeforeTheLastProbe() {
    CircuitBreaker breaker = halfOpen(share(50, 10));
    times(5, () -> succeed(breaker));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("no more probes are admitted than are judged, and a released one makes room")
  void admitted_areAsManyAsAreJudged() {
    CircuitBreaker breaker = halfOpen(share(50, 3));
    long first = breaker.acquirePermit();
    breaker.acquirePermit();
    breaker.acquirePermit();
    assertThat(breaker.isAvailable()).isFalse();
    breaker.recordFailure(first, null);
    assertThat(breaker.tryAcquirePermit())
        .as("one judged, two under way")
        .isEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.isAvailable()).isFalse();
    time.advance(breaker.config().halfOpenMaxDuration());
    assertThat(breaker.tryAcquirePermit())
        .as("probes that never end give their place back")
        .isNotEqualTo(CircuitBreaker.REJECTED);
  }

  @Test
  @DisplayName(
      "a slow probe counts as failed, and one under way opens only if the share is reached")
  void slowProbes_countAsFailed() {
    CircuitBreaker breaker =
        halfOpen(share(50, 4).slowCallRateThreshold(100).slowCallDuration(Duration.ofSeconds(1)));
    long slow = breaker.acquirePermit();
    long hanging = breaker.acquirePermit();
    time.advance(Duration.ofMillis(500));
    long later = breaker.acquirePermit();
    time.advance(Duration.ofMillis(500));
    breaker.recordSuccess(slow);
    assertThat(breaker.snapshot().probeFailures()).isEqualTo(1);
    time.advance(Duration.ofMillis(300));
    assertThat(breaker.state())
        .as("one failed, one hangs: two of four")
        .isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_SLOW);
    breaker.recordSuccess(hanging);
    breaker.recordSuccess(later);
    assertThat(breaker.snapshot().totals().late()).isEqualTo(2);
  }

  @Test
  @DisplayName("the outcomes of probes survive a restart, but never decide by themselves")
  void outcomes_surviveARestart() {
    CircuitBreaker breaker = halfOpen(share(50, 4));
    fail(breaker);
    succeed(breaker);
    SavedBreaker saved = breaker.save();
    assertThat(saved.probeFailures()).isEqualTo(1);
    try (Resilience later = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker restored =
          later.circuitBreaker("b", share(50, 4).failureThreshold(1).build());
      assertThat(restored.restore(saved)).isTrue();
      assertThat(restored.snapshot().probeFailures()).isEqualTo(1);
      fail(restored);
      assertThat(restored.state()).isEqualTo(CircuitBreakerState.OPEN);
      CircuitBreaker full =
          later.circuitBreaker("full", share(50, 4).failureThreshold(1).build());
      full.restore(saved.toBuilder().probeFailures(9).build());
      assertThat(full.snapshot().probeFailures()).isZero();
    }
  }

  @Test
  @DisplayName(
      "with one failure of ten in the background, a share closes where a single failure opens")
  void backgroundFailures_doNotKeepItOpen() {
    Random random = new Random(3);
    int closed = 0;
    for (int i = 0; i < 1000; i++) {
      CircuitBreaker breaker =
          resilience.circuitBreaker("b" + i, share(50, 10).failureThreshold(1).build());
      breaker.halfOpen();
      while (breaker.state() == CircuitBreakerState.HALF_OPEN) {
        if (random.nextInt(10) == 0) {
          fail(breaker);
        } else {
          succeed(breaker);
        }
      }
      closed += breaker.state() == CircuitBreakerState.CLOSED ? 1 : 0;
    }
    assertThat(closed).isGreaterThan(990);
  }

  @Test
  @DisplayName("slow probes under way that are below the share open nothing")
  void slowProbesBelowTheShare_openNothing() {
    CircuitBreaker breaker =
        halfOpen(share(50, 4).slowCallRateThreshold(100).slowCallDuration(Duration.ofSeconds(1)));
    long hanging = breaker.acquirePermit();
    time.advance(Duration.ofSeconds(2));
    assertThat(breaker.state()).as("one of four").isEqualTo(CircuitBreakerState.HALF_OPEN);
    breaker.acquirePermit();
    time.advance(Duration.ofSeconds(2));
    assertThat(breaker.state()).as("two of four").isEqualTo(CircuitBreakerState.OPEN);
    breaker.recordSuccess(hanging);
    assertThat(breaker.snapshot().totals().late()).isEqualTo(1);
  }
}
