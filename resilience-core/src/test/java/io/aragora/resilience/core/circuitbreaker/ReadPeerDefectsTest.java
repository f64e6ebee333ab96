package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.core.AtOnce;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Situations in which Polly 8.7, Sentinel 1.8.9 and Failsafe 3.3.2 fail, found by reading their
 * sources.
 */
class ReadPeerDefectsTest extends BreakerFixture {
  @Test
  @Tag("Polly-stale")
  @DisplayName("outcomes from before the opening do not affect a half-open breaker")
  void staleOutcomes_sayNothing() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).successThreshold(1));
    long good = breaker.acquirePermit();
    long bad = breaker.acquirePermit();
    fail(breaker);
    time.advance(COOLDOWN);
    long probe = breaker.acquirePermit();
    breaker.recordFailure(bad, new IOException("late"));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    breaker.recordSuccess(good);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    breaker.recordSuccess(probe);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("Polly-hung")
  @DisplayName("a probe that never reports does not block all callers forever")
  void probeThatNeverReports_doesNotStick() {
    CircuitBreaker breaker = halfOpen(config().halfOpenMaxCalls(1).successThreshold(1));
    breaker.acquirePermit();
    for (int i = 0; i < 3; i++) {
      assertThat(breaker.isAvailable()).isFalse();
      time.advance(breaker.config().halfOpenMaxDuration());
      breaker.acquirePermit();
    }
    time.advance(breaker.config().halfOpenMaxDuration());
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("Polly-cancelled")
  @DisplayName("a cancelled probe does not close")
  void cancelledProbe_closesNothing() {
    CircuitBreaker breaker = halfOpen(config().successThreshold(1));
    CompletableFuture<String> call = breaker.callAsync(CompletableFuture::new);
    call.cancel(true);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().probeSuccesses()).isZero();
  }

  @Test
  @Tag("Sentinel-deadline")
  @DisplayName("no reader sees an open state with the deadline of the previous one")
  void newlyOpened_isNeverSeenWithAnOldDeadline() throws Exception {
    CircuitBreaker breaker = halfOpen(config().halfOpenMaxCalls(1));
    int rounds = 300;
    AtomicInteger admitted = new AtomicInteger();
    for (int round = 0; round < rounds; round++) {
      AtOnce.run(4, thread -> {
        for (int i = 0; i < 50; i++) {
          long permit = breaker.tryAcquirePermit();
          if (permit != CircuitBreaker.REJECTED) {
            admitted.incrementAndGet();
            breaker.recordFailure(permit, new IOException("still down"));
          }
        }
      });
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      time.advance(COOLDOWN);
    }
    assertThat(admitted).as("one probe for each cooldown").hasValue(rounds);
    assertThat(breaker.snapshot().transitions()).isEqualTo(1 + 2L * rounds);
  }

  @Test
  @Tag("Sentinel-blocked")
  @DisplayName("a probe that an inner rule rejects frees its slot, and is no transition")
  void blockedProbe_isNeitherOutcomeNorTransition() {
    CircuitBreaker breaker = halfOpen(config().halfOpenMaxCalls(1).successThreshold(1));
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    CircuitBreaker inner = resilience.circuitBreaker("inner");
    inner.forceOpen();
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> breaker.call(() -> inner.call(() -> 1)))
          .isInstanceOfSatisfying(
              CallNotPermittedException.class, e -> assertThat(e.breaker()).isEqualTo("inner"));
    }
    time.runPending();
    assertThat(seen)
        .extracting(CircuitBreakerTransition::to)
        .containsExactly(CircuitBreakerState.HALF_OPEN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("Failsafe-monitor")
  @DisplayName("while a listener runs, other threads use and change the breaker")
  void listener_holdsNoMonitor() {
    CircuitBreaker breaker = opensAfter(1);
    List<CircuitBreakerState> heard = new ArrayList<>();
    breaker.subscribe(transition -> {
      heard.add(transition.to());
      if (transition.to() == CircuitBreakerState.OPEN) {
        useFromOtherThreads(breaker);
      }
    });
    fail(breaker);
    time.runPending();
    assertThat(heard).startsWith(CircuitBreakerState.OPEN, CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(2);
  }

  private static void useFromOtherThreads(CircuitBreaker breaker) {
    try {
      AtOnce.run(2, thread -> {
        breaker.forceClosed();
        succeed(breaker);
        breaker.snapshot();
      });
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
