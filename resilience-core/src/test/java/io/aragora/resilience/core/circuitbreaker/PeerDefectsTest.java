package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.AtOnce;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Situations in which other libraries' breakers were seen to fail. R: Resilience4j 2.4.0, F:
 * Failsafe 3.3.2, S: SmallRye Fault Tolerance 6.11.2, SN: Sentinel 1.8.9, all of which were run.
 * {@link ReadPeerDefectsTest} has the defects that were found by reading.
 */
class PeerDefectsTest extends BreakerFixture {
  @Test
  @Tag("R1")
  @DisplayName(
      "successes from before the opening do not close a half-open breaker that has sent no "
          + "probe")
  void staleSuccesses_closeNothing() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).successThreshold(2));
    long first = breaker.acquirePermit();
    long second = breaker.acquirePermit();
    fail(breaker);
    time.advance(COOLDOWN);
    breaker.recordSuccess(first);
    breaker.recordSuccess(second);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    long probe = breaker.acquirePermit();
    breaker.recordSuccess(first);
    breaker.recordSuccess(second);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().probeSuccesses()).isZero();
    breaker.releasePermit(probe);
  }

  @Test
  @Tag("R2")
  @DisplayName("a probe that throws an Error returns its permit, and the breaker recovers")
  void errorInAProbe_losesNoPermit() {
    CircuitBreaker breaker = halfOpen(config().halfOpenMaxCalls(1).successThreshold(1));
    AssertionError error = new AssertionError("thrown by the body");
    assertThatThrownBy(() -> breaker.run(() -> {
          throw error;
        }))
        .isSameAs(error);
    assertThat(breaker.state()).as("a failed probe").isEqualTo(CircuitBreakerState.OPEN);
    time.advance(COOLDOWN);
    assertThat(breaker.<String, RuntimeException>call(() -> "back")).isEqualTo("back");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("R2b")
  @DisplayName("a probe whose future the caller cancels returns its permit")
  void cancelledProbe_losesNoPermit() {
    CircuitBreaker breaker = halfOpen(config().halfOpenMaxCalls(1).successThreshold(1));
    breaker.callAsync(CompletableFuture::new).cancel(true);
    assertThat(breaker.isAvailable()).isTrue();
    assertThat(breaker.callAsync(() -> CompletableFuture.completedFuture("back")))
        .isCompletedWithValue("back");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("R3")
  @DisplayName("ignored failures from before the opening add no permits")
  void staleIgnoredFailures_addNoPermits() {
    CircuitBreaker breaker = breaker(config()
        .failureThreshold(1)
        .halfOpenMaxCalls(1)
        .ignoreIf(e -> e instanceof IllegalArgumentException));
    long[] stale = {breaker.acquirePermit(), breaker.acquirePermit(), breaker.acquirePermit()};
    fail(breaker);
    time.advance(COOLDOWN);
    long probe = breaker.acquirePermit();
    for (long permit : stale) {
      breaker.recordFailure(permit, new IllegalArgumentException("ignored"));
      breaker.releasePermit(permit);
      assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    }
    breaker.releasePermit(probe);
    breaker.releasePermit(probe);
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.tryAcquirePermit())
        .as("given back twice, free once")
        .isEqualTo(CircuitBreaker.REJECTED);
  }

  @Test
  @Tag("R4")
  @DisplayName(
      "a result or predicate that opens the breaker during the call neither throws nor blocks "
          + "it")
  void openingDuringTheCall_wedgesNothing() {
    List<CircuitBreaker> self = new ArrayList<>();
    CircuitBreaker breaker = breaker(config().successThreshold(1).recordResultIf(result -> {
      self.get(0).forceOpen();
      return true;
    }));
    self.add(breaker);
    assertThat(breaker.<String, RuntimeException>call(() -> "error")).isEqualTo("error");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    breaker.reset();
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    CircuitBreaker byResult = resilience.circuitBreaker(
        "by result",
        config().failureThreshold(1).recordResultIf("error"::equals).build());
    assertThat(byResult.<String, RuntimeException>call(() -> "error")).isEqualTo("error");
    assertThat(byResult.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(COOLDOWN);
    times(2, () -> byResult.<String, RuntimeException>call(() -> "fine"));
    assertThat(byResult.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("R5")
  @DisplayName("a call rejected at the edge from open to half-open is one event, and counted once")
  void rejection_atTheEdge_isOneEvent() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).halfOpenMaxCalls(1));
    List<CircuitBreakerCall> seen = new ArrayList<>();
    breaker.subscribeCalls(EnumSet.of(CircuitBreakerCall.Kind.REJECTED), seen::add);
    fail(breaker);
    time.advance(COOLDOWN.minusNanos(1));
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofNanos(1));
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    assertThatThrownBy(breaker::acquirePermit).isInstanceOf(CallNotPermittedException.class);
    time.runPending();
    assertThat(seen)
        .extracting(CircuitBreakerCall::state)
        .containsExactly(CircuitBreakerState.OPEN, CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(2);
  }

  @Test
  @Tag("R6a")
  @DisplayName("the shortest window of time counts, forgets and opens for as long as it is used")
  void shortestTimeWindow_works() {
    CircuitBreaker breaker = breaker(config()
        .noFailureThreshold()
        .failureRateThreshold(100)
        .minimumNumberOfCalls(1)
        .window(Duration.ofMillis(100)));
    for (int i = 0; i < 100; i++) {
      succeed(breaker);
      assertThat(breaker.snapshot().windowCalls()).isPositive();
      time.advance(Duration.ofMillis(37L * (i % 7)));
    }
    time.advance(Duration.ofSeconds(2));
    assertThat(breaker.snapshot().windowCalls()).isZero();
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(100);
  }

  @Test
  @Tag("R6b")
  @DisplayName("a window of one call counts, forgets and opens for as long as it is used")
  void shortestCountWindow_works() {
    CircuitBreaker breaker = breaker(config()
        .noFailureThreshold()
        .failureRateThreshold(100)
        .countWindow(1)
        .minimumNumberOfCalls(1));
    for (int i = 0; i < 100; i++) {
      succeed(breaker);
      assertThat(breaker.snapshot().windowCalls()).isEqualTo(1);
      assertThat(breaker.snapshot().windowFailures()).isZero();
    }
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("R7")
  @DisplayName("windows, cooldowns and leases use only the configured clock")
  void everything_goesByTheConfiguredClock() {
    CircuitBreaker breaker = breaker(config()
        .failureThreshold(2)
        .cooldown(Duration.ofDays(1))
        .window(Duration.ofDays(2))
        .halfOpenMaxCalls(1)
        .halfOpenMaxDuration(Duration.ofHours(8)));
    fail(breaker);
    time.advance(Duration.ofDays(2));
    assertThat(breaker.snapshot().windowFailures()).as("still in").isEqualTo(1);
    time.advance(Duration.ofDays(1));
    assertThat(breaker.snapshot().windowFailures()).as("out").isZero();
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(Duration.ofDays(1).minusNanos(1));
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofNanos(1));
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofHours(8).minusSeconds(1));
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofSeconds(1));
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
  }

  @Test
  @Tag("R13")
  @DisplayName("a wall clock that steps back an hour while open does not keep it open")
  void wallClockThatStepsBack_keepsNothingOpen() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.jumpWallClock(Duration.ofHours(-1));
    time.advance(COOLDOWN);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
  }

  @Test
  @Tag("R14")
  @DisplayName("a listener that receives a success sees it in the snapshot")
  void successListener_seesTheSuccess() {
    CircuitBreaker breaker = opensAfter(5);
    List<CircuitBreakerSnapshot> seen = new ArrayList<>();
    breaker.subscribeCalls(
        EnumSet.of(CircuitBreakerCall.Kind.SUCCESS), call -> seen.add(breaker.snapshot()));
    succeed(breaker);
    time.runPending();
    assertThat(breaker.<String, RuntimeException>call(() -> "fine")).isEqualTo("fine");
    time.runPending();
    assertThat(seen).extracting(CircuitBreakerSnapshot::windowCalls).containsExactly(1L, 2L);
    assertThat(seen).extracting(snapshot -> snapshot.totals().successes()).containsExactly(1L, 2L);
  }

  @Test
  @Tag("R17")
  @DisplayName(
      "a breaker that many threads force open, while others open and probe it, stays forced "
          + "open")
  void racingTransitions_leaveNoTimerBehind() throws Exception {
    for (int round = 0; round < 50; round++) {
      CircuitBreaker breaker = resilience.circuitBreaker(
          "raced " + round,
          config().failureThreshold(1).cooldown(Duration.ofMillis(1)).build());
      AtOnce.run(6, thread -> {
        if (thread < 3) {
          times(20, breaker::tryAcquirePermit);
          breaker.forceOpen();
        } else if (thread == 3) {
          times(50, () -> time.advance(Duration.ofMillis(1)));
        } else {
          times(200, () -> {
            long permit = breaker.tryAcquirePermit();
            if (permit != CircuitBreaker.REJECTED) {
              breaker.recordFailure(permit, new IOException("down"));
            }
          });
        }
      });
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
      long transitions = breaker.snapshot().transitions();
      time.advance(Duration.ofMillis(1));
      time.advance(Duration.ofHours(1));
      assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
      assertThat(breaker.snapshot().transitions()).isEqualTo(transitions);
    }
  }

  @Test
  @Tag("F1")
  @DisplayName("outcomes from before the opening neither add permits to half-open nor close it")
  void staleOutcomes_neitherAdmitNorClose() {
    CircuitBreaker breaker =
        breaker(config().failureThreshold(1).halfOpenMaxCalls(5).successThreshold(5));
    long[] stale = new long[5];
    for (int i = 0; i < stale.length; i++) {
      stale[i] = breaker.acquirePermit();
    }
    fail(breaker);
    time.advance(COOLDOWN);
    times(5, breaker::acquirePermit);
    for (long permit : stale) {
      breaker.recordSuccess(permit);
    }
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.snapshot().probesInFlight()).isEqualTo(5);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  @Tag("F2")
  @DisplayName("a cancelled probe is no failure")
  void cancelledProbe_opensNothing() {
    CircuitBreaker breaker = halfOpen(config());
    CompletableFuture<String> inner = new CompletableFuture<>();
    breaker.callAsync(() -> inner).cancel(true);
    assertThat(inner).isCancelled();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().totals().failures()).as("that of the trip").isEqualTo(1);
  }

  @Test
  @Tag("F2b")
  @DisplayName("a local rejection inside the breaker is no failure of the dependency")
  void localRejection_isNeutral() {
    CircuitBreaker outer = breaker(
        config().failureThreshold(1).ignoreIf(e -> e instanceof RejectedExecutionException));
    CircuitBreaker inner = resilience.circuitBreaker("inner");
    inner.forceOpen();
    assertThatThrownBy(() -> outer.call(() -> inner.call(() -> 1)))
        .isInstanceOf(CallNotPermittedException.class);
    assertThatThrownBy(() -> outer.run(() -> {
          throw new RejectedExecutionException("a full bulkhead of the application");
        }))
        .isInstanceOf(RejectedExecutionException.class);
    assertThat(outer.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(outer.snapshot().totals().ignored()).isEqualTo(2);
  }

  @Test
  @Tag("F3")
  @DisplayName("a window that is only read drops old outcomes, too")
  void idleWindow_forgets() {
    CircuitBreaker breaker = breaker(config().window(Duration.ofMillis(200)));
    times(2, () -> fail(breaker));
    assertThat(breaker.snapshot().failureRate()).isEqualTo(100);
    time.advance(Duration.ofSeconds(1));
    assertThat(breaker.snapshot().windowFailures()).isZero();
    assertThat(breaker.snapshot().windowCalls()).isZero();
    assertThat(breaker.snapshot().failureRate()).isZero();
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @Tag("S2")
  @DisplayName("a probe that hangs loses its permit, so half-open does not reject forever")
  void hungProbe_doesNotStick() {
    CircuitBreaker breaker = halfOpen(config().halfOpenMaxCalls(1).successThreshold(1));
    CompletableFuture<String> hung = new CompletableFuture<>();
    CompletableFuture<String> late = breaker.callAsync(() -> hung);
    assertThat(breaker.isAvailable()).isFalse();
    time.advance(breaker.config().halfOpenMaxDuration());
    assertThat(breaker.isAvailable()).isTrue();
    long next = breaker.acquirePermit();
    hung.completeExceptionally(new IOException("at last"));
    assertThat(late).isCompletedExceptionally();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    breaker.recordSuccess(next);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("SN1")
  @DisplayName("an old call that succeeds while the probe still runs does not close")
  void oldCallDuringTheProbe_closesNothing() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).successThreshold(1));
    CompletableFuture<String> old = new CompletableFuture<>();
    CompletableFuture<String> oldCall = breaker.callAsync(() -> old);
    fail(breaker);
    time.advance(COOLDOWN);
    CompletableFuture<String> probe = new CompletableFuture<>();
    CompletableFuture<String> probeCall = breaker.callAsync(() -> probe);
    old.complete("fine");
    assertThat(oldCall).isCompletedWithValue("fine");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    probe.completeExceptionally(new IOException("still down"));
    assertThat(probeCall).isCompletedExceptionally();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }
}
