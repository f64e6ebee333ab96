package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What was counted under one config is judged by the next one at once, as if it had been valid from the beginning. */
class JudgedAgainTest extends BreakerFixture {
  private static final Duration SLOW = Duration.ofSeconds(2);

  private static CircuitBreakerConfig.Builder share(double percent, int probes) {
    return config()
        .failureThreshold(1)
        .halfOpenFailureRateThreshold(percent)
        .halfOpenCalls(probes)
        .halfOpenMaxCalls(probes);
  }

  private static CircuitBreakerConfig.Builder slow() {
    return config()
        .slowCallRateThreshold(50)
        .slowCallDuration(SLOW)
        .minimumNumberOfCalls(100)
        .noFailureThreshold();
  }

  @Test
  void successThreshold_thatProbesHaveReached_closes() {
    CircuitBreaker breaker = halfOpen(config().successThreshold(4));
    times(2, () -> succeed(breaker));
    breaker.reconfigure(config().failureThreshold(1).successThreshold(3).build());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().probeSuccesses()).isEqualTo(2);

    breaker.reconfigure(config().failureThreshold(1).successThreshold(2).build());

    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBES_SUCCEEDED);
  }

  @Test
  void share_thatProbesHaveReached_opens() {
    CircuitBreaker breaker = halfOpen(share(50, 4));
    fail(breaker);
    breaker.reconfigure(share(40, 4).build());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);

    breaker.reconfigure(share(25, 4).build());

    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_FAILED);
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
  }

  @Test
  void noShareAnyMore_afterAFailedProbe_opens() {
    CircuitBreaker breaker = halfOpen(share(50, 4));
    fail(breaker);
    breaker.reconfigure(config().failureThreshold(1).build());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_FAILED);
  }

  @Test
  void fewerProbes_thanHaveEnded_areJudgedByAllThatHaveEnded() {
    CircuitBreaker breaker = halfOpen(share(50, 10));
    times(2, () -> fail(breaker));
    times(3, () -> succeed(breaker));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);

    breaker.reconfigure(share(50, 4).build());

    assertThat(breaker.state())
        .as("two of five failed, although two of four would be half")
        .isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  void callsUnderWay_underTheSameSlowRule_areStillSlow() {
    CircuitBreaker breaker = breaker(slow());
    CompletableFuture<String> hanging = new CompletableFuture<>();
    breaker.callAsync(() -> hanging);
    breaker.reconfigure(slow().cooldown(Duration.ofSeconds(5)).build());
    time.advance(SLOW.multipliedBy(2));
    assertThat(breaker.snapshot().slowCallsInFlight()).isEqualTo(1);
    hanging.complete("late");
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
  }

  @Test
  void callsUnderWay_underAnotherSlowRule_areSlowWhenTheyEnd() {
    CircuitBreaker breaker = breaker(slow());
    CompletableFuture<String> hanging = new CompletableFuture<>();
    breaker.callAsync(() -> hanging);
    breaker.reconfigure(slow().slowCallDuration(SLOW.multipliedBy(3)).build());
    CompletableFuture<String> next = new CompletableFuture<>();
    breaker.callAsync(() -> next);
    time.advance(SLOW.multipliedBy(2));
    assertThat(breaker.snapshot().slowCallsInFlight())
        .as("two seconds are not slow any more")
        .isZero();
    time.advance(SLOW.multipliedBy(2));
    assertThat(breaker.snapshot().slowCallsInFlight()).isEqualTo(1);
    hanging.complete("late");
    next.complete("late");
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
    assertThat(breaker.snapshot().windowSlowCalls()).isEqualTo(2);
  }

  @Test
  void slowRule_turnedOnWhileAProbeHangs_judgesIt() {
    CircuitBreaker breaker = halfOpen(config());
    breaker.acquirePermit();
    time.advance(SLOW.multipliedBy(2));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    breaker.reconfigure(config()
        .failureThreshold(1)
        .slowCallRateThreshold(100)
        .slowCallDuration(SLOW)
        .build());
    time.advance(SLOW);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_SLOW);
  }
}
