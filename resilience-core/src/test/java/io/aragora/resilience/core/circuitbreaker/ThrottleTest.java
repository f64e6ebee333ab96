package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CallOutcome;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A closed breaker that rejects a share of its calls. Only the draws of the time source are random, and most tests fix them. */
@Tag("CL-28")
class ThrottleTest extends BreakerFixture {
  private static final Duration WINDOW = Duration.ofSeconds(30);

  private static CircuitBreakerConfig.Builder throttling() {
    return config().failureThreshold(1000).throttle(2).minimumNumberOfCalls(10).window(WINDOW);
  }

  private static CircuitBreakerConfig.Builder throttling(int countWindow) {
    return countWindow == 0 ? throttling() : throttling().countWindow(countWindow);
  }

  /** Counts outcomes whose permits were acquired before, so that none of them is rejected. */
  private static void count(CircuitBreaker breaker, int successes, int failures) {
    List<Long> permits = new ArrayList<>();
    times(successes + failures, () -> permits.add(breaker.acquirePermit()));
    for (int i = 0; i < permits.size(); i++) {
      if (i < successes) {
        breaker.recordSuccess(permits.get(i));
      } else {
        breaker.recordFailure(permits.get(i), new IOException("down"));
      }
    }
  }

  private static double share(CircuitBreaker breaker) {
    return breaker.snapshot().throttleShare();
  }

  private boolean isAdmitted(CircuitBreaker breaker, double draw) {
    time.fixedRandom(draw);
    long permit = breaker.tryAcquirePermit();
    if (permit != CircuitBreaker.REJECTED) {
      breaker.releasePermit(permit);
    }
    return permit != CircuitBreaker.REJECTED;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20, 100})
  @DisplayName(
      "the share is (calls - k * successes) / (calls + 1), in a window of time and of calls")
  void share_isThatOfTheFormula(int countWindow) {
    CircuitBreaker breaker = breaker(throttling(countWindow));
    count(breaker, 5, 5);
    assertThat(share(breaker)).isZero();
    count(breaker, 0, 5);
    assertThat(share(breaker)).isCloseTo((15 - 2 * 5) / 16.0, within(1e-7));
    assertThat(isAdmitted(breaker, 5 / 16.0 - 1e-6)).isFalse();
    assertThat(isAdmitted(breaker, 5 / 16.0 + 1e-6)).isTrue();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.isAvailable()).isTrue();
  }

  @Test
  @DisplayName("nothing is rejected before the window has the minimum number of calls")
  void minimumNumberOfCalls_isAwaited() {
    CircuitBreaker breaker = breaker(throttling());
    count(breaker, 0, 9);
    assertThat(share(breaker)).isZero();
    assertThat(isAdmitted(breaker, 0)).isTrue();
    count(breaker, 0, 1);
    assertThat(isAdmitted(breaker, 0)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20, 100})
  @DisplayName("a tenth of the calls is admitted however many fail")
  void share_isAtMostNineTenths(int countWindow) {
    CircuitBreaker breaker = breaker(throttling(countWindow));
    count(breaker, 0, 200);
    assertThat(share(breaker)).isCloseTo(0.9, within(1e-7));
    assertThat(isAdmitted(breaker, 0.89)).isFalse();
    assertThat(isAdmitted(breaker, 0.91)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20, 100})
  @DisplayName("each success lowers the share, down to 0")
  void successes_lowerTheShare(int countWindow) {
    CircuitBreaker breaker = breaker(throttling(countWindow));
    count(breaker, 4, 8);
    time.fixedRandom(0.99);
    double last = share(breaker);
    for (int i = 0; i < 4; i++) {
      succeed(breaker);
      assertThat(share(breaker)).isLessThan(last);
      last = share(breaker);
    }
    assertThat(last).isZero();
    assertThat(isAdmitted(breaker, 0)).isTrue();
  }

  @Test
  @DisplayName(
      "a window of time whose failures have left it admits every call, even if the last ones were all rejected")
  void windowAges_everyCallIsAdmitted() {
    CircuitBreaker breaker = breaker(throttling());
    count(breaker, 0, 50);
    times(20, () -> assertThat(isAdmitted(breaker, 0)).isFalse());
    time.advance(WINDOW.multipliedBy(2));
    assertThat(isAdmitted(breaker, 0)).isTrue();
    assertThat(share(breaker)).isZero();
  }

  @Test
  @DisplayName("the share falls while failures leave the window, and calls are rejected meanwhile")
  void failuresLeave_shareFalls() {
    CircuitBreaker breaker = breaker(throttling());
    count(breaker, 0, 40);
    time.advance(Duration.ofSeconds(20));
    time.fixedRandom(0.99);
    times(15, () -> succeed(breaker));
    assertThat(share(breaker)).isPositive();
    time.advance(Duration.ofSeconds(15));
    assertThat(isAdmitted(breaker, 0)).isTrue();
  }

  @Test
  @DisplayName("a window of calls recovers by the calls that are admitted")
  void countWindow_recovers() {
    CircuitBreaker breaker = breaker(throttling(20));
    count(breaker, 0, 20);
    int rejected = 0;
    int admitted = 0;
    while (share(breaker) > 0) {
      long permit = breaker.tryAcquirePermit();
      if (permit == CircuitBreaker.REJECTED) {
        rejected++;
      } else {
        admitted++;
        breaker.recordSuccess(permit);
      }
    }
    assertThat(admitted).isEqualTo(10);
    assertThat(rejected).isPositive();
    assertThat(breaker.snapshot().throttled()).isEqualTo(rejected);
  }

  @Test
  @DisplayName("of many calls, the share is rejected, and the same seed rejects the same calls")
  void draws_replay() {
    List<Boolean> first = decisions(7);
    assertThat(first.stream().filter(admitted -> !admitted).count())
        .isCloseTo(Math.round(10_000 * 10 / 31.0), within(200L));
    assertThat(decisions(7)).isEqualTo(first);
    assertThat(decisions(8)).isNotEqualTo(first);
  }

  private static List<Boolean> decisions(long seed) {
    ManualTime seeded = ManualTime.seeded(seed);
    try (var runtime = Resilience.builder().timeSource(seeded).build()) {
      CircuitBreaker breaker = runtime.circuitBreaker("b", throttling().build());
      count(breaker, 10, 20);
      List<Boolean> admitted = new ArrayList<>();
      times(10_000, () -> {
        long permit = breaker.tryAcquirePermit();
        admitted.add(permit != CircuitBreaker.REJECTED);
        if (permit != CircuitBreaker.REJECTED) {
          breaker.releasePermit(permit);
        }
      });
      return admitted;
    }
  }

  @Test
  @DisplayName("a rejected call learns that the closed breaker throttles")
  void rejection_saysThatItThrottles() throws Exception {
    CircuitBreaker breaker = breaker(throttling());
    List<CircuitBreakerCall> calls = new CopyOnWriteArrayList<>();
    breaker.subscribeCalls(EnumSet.of(CircuitBreakerCall.Kind.REJECTED), calls::add);
    count(breaker, 0, 20);
    time.fixedRandom(0);
    assertThatThrownBy(() -> breaker.call(() -> "never"))
        .isInstanceOfSatisfying(CallNotPermittedException.class, thrown -> {
          assertThat(thrown.state()).isEqualTo(CircuitBreakerState.CLOSED);
          assertThat(thrown.transitionCause()).isEqualTo(TransitionCause.THROTTLED);
          assertThat(thrown.retryAfter()).isZero();
        })
        .hasMessage(
            "circuit breaker 'b' is closed and rejects a share of its calls, because many fail");
    CompletableFuture<CallOutcome<String>> async =
        breaker.tryCallAsync(() -> CompletableFuture.completedFuture("never"));
    assertThat(async.join().isRejected()).isTrue();
    assertThat(breaker.tryCall(() -> "never").isRejected()).isTrue();
    assertThat(breaker.snapshot().throttled()).isEqualTo(3);
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(3);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(20);
    assertThat(breaker.explain().throttleShare()).isCloseTo(0.9, within(1e-7));
    assertThat(breaker.explain().toString())
        .endsWith("; it rejects 90.0 % of the calls, because many fail (throttle 2.0)");
    time.runPending();
    assertThat(calls)
        .hasSize(3)
        .allSatisfy(call -> assertThat(call.state()).isEqualTo(CircuitBreakerState.CLOSED));
  }

  @Test
  @DisplayName("calls that are watched for being slow are throttled as well")
  void watchedCalls_areThrottled() {
    CircuitBreaker breaker =
        breaker(throttling().slowCallRateThreshold(100).slowCallDuration(Duration.ofSeconds(1)));
    count(breaker, 0, 20);
    time.fixedRandom(0);
    assertThatThrownBy(() -> breaker.call(() -> "never"))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(breaker.tryCall(() -> "never").isRejected()).isTrue();
    assertThat(breaker.callAsync(() -> CompletableFuture.completedFuture("never")))
        .isCompletedExceptionally();
    time.fixedRandom(0.99);
    assertThat(breaker.tryCall(() -> "body").isRejected()).isFalse();
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(21);
  }

  @Test
  @DisplayName("a breaker around a throttled one counts neither success nor failure")
  void throttledCall_isNeutralOutside() {
    CircuitBreaker inner = breaker(throttling());
    CircuitBreaker outer = resilience.circuitBreaker("outer", config().build());
    count(inner, 0, 20);
    time.fixedRandom(0);
    assertThatThrownBy(() -> outer.call(() -> inner.call(() -> "never")))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(outer.snapshot().windowCalls()).isZero();
    assertThat(outer.snapshot().totals().ignored()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "a rule opens a breaker that throttles, and after its probes it admits every call again")
  void rule_opensAThrottlingBreaker() {
    CircuitBreaker breaker = breaker(throttling().failureRateThreshold(80).successThreshold(1));
    count(breaker, 5, 10);
    assertThat(share(breaker)).isPositive();
    time.fixedRandom(0.99);
    times(10, () -> fail(breaker));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.FAILURE_RATE);
    assertThat(share(breaker)).isZero();
    time.advance(COOLDOWN);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(isAdmitted(breaker, 0)).isTrue();
  }

  @Test
  @DisplayName("other settings turn throttling on and off with the counts of the window")
  void reconfigure_turnsItOnAndOff() {
    CircuitBreaker breaker = breaker(throttling().noThrottle());
    count(breaker, 5, 10);
    assertThat(isAdmitted(breaker, 0)).isTrue();
    breaker.reconfigure(throttling().build());
    assertThat(isAdmitted(breaker, 0)).isFalse();
    breaker.reconfigure(throttling().throttle(1.1).build());
    assertThat(share(breaker)).isCloseTo((15 - 1.1 * 5) / 16, within(1e-7));
    breaker.reconfigure(throttling().countWindow(50).build());
    assertThat(share(breaker)).isZero();
    breaker.reconfigure(throttling().noThrottle().build());
    assertThat(isAdmitted(breaker, 0)).isTrue();
  }

  @Test
  @DisplayName("a breaker for metrics only and a disabled one reject nothing")
  void standingStates_rejectNothing() {
    CircuitBreaker breaker = breaker(throttling());
    breaker.metricsOnly();
    count(breaker, 0, 20);
    assertThat(isAdmitted(breaker, 0)).isTrue();
    breaker.disable();
    count(breaker, 0, 20);
    assertThat(isAdmitted(breaker, 0)).isTrue();
  }

  @Test
  @DisplayName("each key has its own share, and a reset sets it to 0")
  void keys_haveTheirOwnShare() {
    KeyedCircuitBreaker keyed = keyed(throttling());
    count(keyed.forKey("a"), 0, 20);
    assertThat(share(keyed.forKey("a"))).isPositive();
    assertThat(share(keyed.forKey("b"))).isZero();
    assertThat(isAdmitted(keyed.forKey("a"), 0)).isFalse();
    assertThat(isAdmitted(keyed.forKey("b"), 0)).isTrue();
    keyed.forKey("a").reset();
    assertThat(isAdmitted(keyed.forKey("a"), 0)).isTrue();
  }

  @Test
  @DisplayName("a factor of 1, above 10 or NaN is rejected")
  void badFactor_isRejected() {
    for (double bad : new double[] {1, 0, -1, 10.5, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> config().throttle(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("throttle must be in (1, 10]: " + bad);
    }
  }

  @Test
  @DisplayName("the declared settings show the factor only if it is set, and a copy keeps it")
  void declaredSettings_showTheFactor() {
    assertThat(config().build().toString()).doesNotContain("throttle");
    CircuitBreakerConfig config = config().throttle(1.5).build();
    assertThat(config.toString()).contains("throttle=1.5");
    assertThat(config.toBuilder().build().declaresSameAs(config)).isTrue();
  }

  @Test
  @DisplayName("each draw of a generation is another random number, after other settings too")
  void draws_areNumberedOnce() {
    List<Integer> draws = new ArrayList<>();
    ForwardingTime counting = new ForwardingTime(time) {
      @Override
      public double random(String owner, long operation, int draw) {
        draws.add(draw);
        return 0.99;
      }
    };
    try (Resilience runtime = Resilience.builder().timeSource(counting).build()) {
      CircuitBreaker breaker = runtime.circuitBreaker("b", throttling().build());
      count(breaker, 5, 10);
      times(2, () -> succeed(breaker));
      breaker.reconfigure(throttling().throttle(1.5).build());
      times(2, () -> succeed(breaker));
    }
    assertThat(draws).containsExactly(1, 2, 3, 4);
  }

  @Test
  @DisplayName("a draw that equals the share is admitted")
  void draw_thatEqualsTheShare_isAdmitted() {
    CircuitBreaker breaker = breaker(throttling());
    count(breaker, 5, 10);
    assertThat(share(breaker)).isEqualTo(5 / 16.0);
    assertThat(isAdmitted(breaker, 5 / 16.0)).isTrue();
    assertThat(isAdmitted(breaker, Math.nextDown(5 / 16.0))).isFalse();
  }
}
