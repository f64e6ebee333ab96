package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {
  private static final Duration COOLDOWN = Duration.ofSeconds(60);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private CircuitBreaker breaker(CircuitBreakerConfig.Builder config) {
    return resilience.circuitBreaker("b", config.cooldown(COOLDOWN).build());
  }

  private CircuitBreaker opensAfter(int failures) {
    return breaker(CircuitBreakerConfig.builder().failureThreshold(failures));
  }

  private static void fail(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }

  private static void succeed(CircuitBreaker breaker) {
    breaker.recordSuccess(breaker.acquirePermit());
  }

  @Test
  @DisplayName("CB-02 V2-05 RG-02: a new breaker is closed and has the defaults")
  void new_isClosedWithDefaults() {
    CircuitBreaker breaker = resilience.circuitBreaker("new");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.config().failureThreshold()).isEqualTo(5);
    assertThat(breaker.config().cooldown()).isEqualTo(COOLDOWN);
    assertThat(breaker.snapshot().consecutiveFailures()).isZero();
  }

  @Test
  @DisplayName("CB-04 CB-07 V2-06 V2-07: only failures in a row reach the threshold")
  void failuresInARow_open_interruptedOnesDoNot() {
    CircuitBreaker breaker = opensAfter(3);
    fail(breaker);
    fail(breaker);
    succeed(breaker);
    assertThat(breaker.snapshot().consecutiveFailures()).isZero();
    fail(breaker);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName(
      "CB-01 CB-10 CB-12 CB-40 V2-27 V2-32: an open breaker refuses, and says for how long")
  void open_refusesWithNameStateAndRemainingCooldown() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.advance(Duration.ofMillis(44_700));
    AtomicInteger ran = new AtomicInteger();
    assertThatThrownBy(() -> breaker.call(ran::incrementAndGet))
        .isInstanceOfSatisfying(CallNotPermittedException.class, e -> {
          assertThat(e.breaker()).isEqualTo("b");
          assertThat(e.state()).isEqualTo(CircuitBreakerState.OPEN);
          assertThat(e.transitionCause()).isEqualTo(TransitionCause.FAILURE_THRESHOLD);
          assertThat(e.remainingCooldown()).isEqualTo(Duration.ofMillis(15_300));
          assertThat(e)
              .hasMessageContaining("'b'")
              .hasMessageContaining("open")
              .hasMessageContaining("15.3");
        });
    assertThat(ran).hasValue(0);
    assertThat(breaker.tryCall(() -> "x").isRejected()).isTrue();
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "CB-11 CB-16 CB-23 CB-24 V2-08 V2-09: after the cooldown probes are admitted, and enough successes close")
  void halfOpen_closesAfterSuccessThreshold() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.advance(COOLDOWN);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().transitions()).as("reading changes nothing").isEqualTo(1);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName(
      "CB-25 CB-26 V2-10 V2-11 fault 1, 5: any failed probe opens again, with a fresh cooldown")
  void halfOpen_oneFailureReopens() {
    CircuitBreaker breaker = opensAfter(3);
    fail(breaker);
    fail(breaker);
    fail(breaker);
    time.advance(COOLDOWN);
    succeed(breaker);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_FAILED);
  }

  @Test
  @DisplayName(
      "CB-51 V2-12 V2-13 SC-05 R3 F1: half-open admits its limit at once, and places come back")
  void halfOpen_limitsWhatIsInFlight() {
    CircuitBreaker breaker = breaker(
        CircuitBreakerConfig.builder().failureThreshold(1).halfOpenMaxCalls(2).successThreshold(5));
    long stale = breaker.tryAcquirePermit();
    fail(breaker);
    time.advance(COOLDOWN);
    long first = breaker.tryAcquirePermit();
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    breaker.releasePermit(stale);
    breaker.recordSuccess(stale);
    assertThat(breaker.tryAcquirePermit())
        .as("a stale permit gives back no place")
        .isEqualTo(CircuitBreaker.REJECTED);
    breaker.releasePermit(first);
    breaker.releasePermit(first);
    assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.tryAcquirePermit())
        .as("given back twice, free once")
        .isEqualTo(CircuitBreaker.REJECTED);
    assertThatThrownBy(() -> breaker.call(() -> 1))
        .hasMessageContaining("all its probes are in flight");
  }

  @Test
  @DisplayName(
      "V2-13 SC-08 S2 fault 4: probes that never report lose their place, so half-open cannot stick")
  void halfOpen_expiresHungProbes() {
    CircuitBreaker breaker = breaker(CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .halfOpenMaxCalls(1)
        .successThreshold(1)
        .halfOpenMaxDuration(Duration.ofSeconds(10)));
    fail(breaker);
    time.advance(COOLDOWN);
    long hung = breaker.tryAcquirePermit();
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofSeconds(10));
    long next = breaker.tryAcquirePermit();
    assertThat(next).isNotEqualTo(CircuitBreaker.REJECTED);
    breaker.recordFailure(hung, new IOException("late"));
    assertThat(breaker.state())
        .as("the lost place decides nothing")
        .isEqualTo(CircuitBreakerState.HALF_OPEN);
    breaker.recordSuccess(next);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName(
      "CB-08 SC-09 R1 SN1 fault 6: outcomes from before the trip decide nothing, and are counted")
  void staleOutcomes_decideNothing() {
    CircuitBreaker breaker = opensAfter(1);
    long slow = breaker.tryAcquirePermit();
    long slower = breaker.tryAcquirePermit();
    fail(breaker);
    breaker.recordSuccess(slow);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(Duration.ofSeconds(30));
    breaker.recordFailure(slower, new IOException("late"));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(30));
    assertThat(breaker.snapshot().totals().late()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "V2-19 V2-20 V2-21: the rate opens at its threshold once there are enough calls, by a success too")
  void failureRate_needsMinimumNumberOfCalls() {
    CircuitBreaker breaker = breaker(CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .failureRateThreshold(50)
        .minimumNumberOfCalls(4));
    fail(breaker);
    fail(breaker);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.FAILURE_RATE);
  }

  @Test
  @DisplayName("V2-22 F3: outcomes leave the window, and reading alone shows it")
  void window_forgets() {
    CircuitBreaker breaker = breaker(CircuitBreakerConfig.builder().window(Duration.ofSeconds(10)));
    fail(breaker);
    time.advance(Duration.ofSeconds(10).minusNanos(1));
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    time.advance(Duration.ofSeconds(1));
    assertThat(breaker.snapshot().windowFailures()).isZero();
    succeed(breaker);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "V2-17 V2-34 fault 36: ignored failures count as nothing, unrecorded ones as success; a failing predicate as failure")
  void predicates_decideWhatCounts() {
    CircuitBreaker breaker = breaker(CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .ignoreIf(e -> e instanceof IllegalArgumentException)
        .recordIf(e -> {
          if (e instanceof ArithmeticException) {
            throw new IllegalStateException("a faulty predicate");
          }
          return e instanceof IOException;
        }));
    breaker.recordFailure(breaker.acquirePermit(), new NumberFormatException("a subtype"));
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
    breaker.recordFailure(breaker.acquirePermit(), new UnsupportedOperationException());
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    breaker.recordFailure(breaker.acquirePermit(), new ArithmeticException());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void recordResultIf_countsResultsAsFailures() {
    CircuitBreaker breaker =
        breaker(CircuitBreakerConfig.builder().failureThreshold(1).recordResultIf("error"::equals));
    assertThat(breaker.<String, RuntimeException>call(() -> "error")).isEqualTo("error");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName("R2: an Error gives the permit back, and counts")
  void error_passesAndCounts() {
    CircuitBreaker breaker = opensAfter(1);
    AssertionError error = new AssertionError("thrown by the body");
    assertThatThrownBy(() -> breaker.run(() -> {
          throw error;
        }))
        .isSameAs(error);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName("CB-41 R2b F2: a cancelled probe counts as nothing, and gives its place back")
  void cancelledProbe_isNeutral() {
    CircuitBreaker breaker =
        breaker(CircuitBreakerConfig.builder().failureThreshold(1).halfOpenMaxCalls(1));
    fail(breaker);
    time.advance(COOLDOWN);
    CompletableFuture<String> inner = new CompletableFuture<>();
    breaker.callAsync(() -> inner).cancel(true);
    assertThat(inner).isCancelled();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(breaker.snapshot().probesInFlight()).isZero();
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(1);
    assertThatThrownBy(() -> breaker.callInterruptibly(() -> {
          throw new InterruptedException("from outside");
        }))
        .isInstanceOf(InterruptedException.class);
    assertThat(breaker.snapshot().totals().ignored()).isEqualTo(2);
  }

  @Test
  @DisplayName("F2b: another breaker's refusal is not this dependency's failure")
  void refusalInside_isNeutral() {
    CircuitBreaker outer = opensAfter(1);
    CircuitBreaker inner = resilience.circuitBreaker("inner");
    inner.forceOpen();
    assertThatThrownBy(() -> outer.call(() -> inner.call(() -> 1)))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(outer.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("R13 fault 22: a wall clock that jumps changes nothing")
  void wallClock_doesNotMatter() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.jumpWallClock(Duration.ofHours(-1));
    time.advance(COOLDOWN);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  @DisplayName(
      "CB-13 CB-37 CB-45 V2-23 V2-24 V2-28: manual controls, each one event, in order; a reset of a closed one is none")
  void manualControls_areEventsInSequence() {
    CircuitBreaker breaker = opensAfter(1);
    List<CircuitBreakerTransition> events = new ArrayList<>();
    breaker.subscribe(new CircuitBreakerListener() {
      @Override
      public void onTransition(CircuitBreakerTransition transition) {
        events.add(transition);
      }
    });
    breaker.reset();
    breaker.forceOpen();
    breaker.forceOpen();
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    breaker.disable();
    fail(breaker);
    fail(breaker);
    breaker.metricsOnly();
    fail(breaker);
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(1);
    breaker.forceClosed();
    fail(breaker);
    breaker.reset();
    time.runPending();
    assertThat(events)
        .extracting(CircuitBreakerTransition::to)
        .containsExactly(
            CircuitBreakerState.FORCED_OPEN,
            CircuitBreakerState.DISABLED,
            CircuitBreakerState.METRICS_ONLY,
            CircuitBreakerState.CLOSED,
            CircuitBreakerState.OPEN,
            CircuitBreakerState.CLOSED);
    assertThat(events)
        .extracting(CircuitBreakerTransition::sequence)
        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    assertThat(breaker.snapshot().totals().failures())
        .as("totals survive a reset")
        .isEqualTo(4);
  }

  @Test
  @DisplayName("CB-44 V2-29 V2-30: a listener that throws, or asks the breaker, harms nobody")
  void listeners_areIsolated() {
    CircuitBreaker breaker = opensAfter(1);
    List<CircuitBreakerState> seen = new ArrayList<>();
    breaker.subscribe(new CircuitBreakerListener() {
      @Override
      public void onTransition(CircuitBreakerTransition transition) {
        throw new IllegalStateException("a faulty listener");
      }
    });
    breaker.subscribe(new CircuitBreakerListener() {
      @Override
      public void onTransition(CircuitBreakerTransition transition) {
        seen.add(breaker.state());
      }
    });
    fail(breaker);
    assertThat(seen).as("never on the caller").isEmpty();
    time.runPending();
    assertThat(seen).containsExactly(CircuitBreakerState.OPEN);
  }

  @Test
  void cooldown_growsAndIsCapped() {
    CircuitBreaker breaker = breaker(CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldownBackoff(2, Duration.ofSeconds(150)));
    fail(breaker);
    List<Duration> cooldowns = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      cooldowns.add(breaker.snapshot().cooldown());
      time.advance(breaker.snapshot().cooldown());
      fail(breaker);
    }
    assertThat(cooldowns).extracting(Duration::toSeconds).containsExactly(60L, 120L, 150L, 150L);
  }

  @Test
  @DisplayName(
      "CB-49 V2-38 fault 16: counts are exact under contention, and the breaker opens once")
  void concurrentOutcomes_areAllCounted() throws Exception {
    CircuitBreaker breaker = opensAfter(1000);
    int threads = 8;
    int calls = 20_000;
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> running = new ArrayList<>();
    AtomicInteger rejected = new AtomicInteger();
    for (int t = 0; t < threads; t++) {
      Thread thread = new Thread(() -> {
        try {
          start.await();
        } catch (InterruptedException e) {
          return;
        }
        for (int i = 0; i < calls; i++) {
          long permit = breaker.tryAcquirePermit();
          if (permit == CircuitBreaker.REJECTED) {
            rejected.incrementAndGet();
          } else {
            breaker.recordFailure(permit, null);
          }
        }
      });
      thread.start();
      running.add(thread);
    }
    start.countDown();
    for (Thread thread : running) {
      thread.join();
    }
    assertThat(breaker.snapshot().transitions()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures() + rejected.get())
        .isEqualTo((long) threads * calls);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(rejected.get());
  }

  @Test
  void registry_sameNameSameBreaker_conflictAndBoundAreErrors() {
    CircuitBreaker breaker = resilience.circuitBreaker("x");
    CircuitBreakerConfig three =
        CircuitBreakerConfig.builder().failureThreshold(3).build();
    assertThat(resilience.circuitBreaker("x", three)).isSameAs(breaker);
    assertThat(breaker.config().failureThreshold())
        .as("the first declaration configures")
        .isEqualTo(3);
    assertThatThrownBy(() -> resilience.circuitBreaker("x", CircuitBreakerConfig.defaults()))
        .hasMessageContaining("'x' is declared twice")
        .hasMessageContaining("failureThreshold=3")
        .hasMessageContaining("failureThreshold=5");
    try (Resilience small = Resilience.builder().timeSource(time).maxPolicies(1).build()) {
      small.circuitBreaker("one");
      assertThatThrownBy(() -> small.circuitBreaker("two")).hasMessageContaining("maxPolicies, 1");
    }
  }

  @Test
  void badSettings_nameSettingRuleAndValue() {
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().failureThreshold(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("failureThreshold must be at least 1: 0");
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().failureRateThreshold(Double.NaN))
        .hasMessage("failureRateThreshold must be in (0, 100]: NaN");
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().cooldown(Duration.ZERO))
        .hasMessage("cooldown must be positive and at most 365 days: PT0S");
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().noFailureThreshold().build())
        .hasMessage(
            "failureThreshold, failureRateThreshold or slowCallRateThreshold must be set: none is");
    assertThatThrownBy(() -> Resilience.builder().stateStore("nowhere:x").build())
        .hasMessageContaining("no store for 'nowhere:'");
    assertThatThrownBy(() -> Resilience.builder().stateStore("sqlite:x").build())
        .hasMessageContaining("add io.aragora:resilience-persistence");
  }
}
