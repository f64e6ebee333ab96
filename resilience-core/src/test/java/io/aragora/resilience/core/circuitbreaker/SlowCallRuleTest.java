package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SlowCallRuleTest {
  private static final Duration LIMIT = Duration.ofSeconds(2);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static CircuitBreakerConfig.Builder config() {
    return CircuitBreakerConfig.builder()
        .slowCallRateThreshold(50)
        .slowCallDuration(LIMIT)
        .minimumNumberOfCalls(4)
        .cooldown(Duration.ofSeconds(30));
  }

  private CircuitBreaker breaker() {
    return resilience.circuitBreaker("slow", config().build());
  }

  private void call(CircuitBreaker breaker, Duration duration) {
    breaker.call(() -> {
      time.advance(duration);
      return "answer";
    });
  }

  @Test
  @Tag("fault-15")
  @DisplayName("a breaker opens if half of the calls are slow, and the transition says why")
  void slowCalls_open() {
    CircuitBreaker breaker = breaker();
    call(breaker, Duration.ZERO);
    call(breaker, LIMIT.minusMillis(1));
    call(breaker, LIMIT);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    call(breaker, LIMIT);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.explain().cause()).isEqualTo(TransitionCause.SLOW_CALL_RATE);
    assertThat(breaker.explain().evidence()).isNotNull().satisfies(seen -> {
      assertThat(seen.calls()).isEqualTo(4);
      assertThat(seen.slowCalls()).isEqualTo(2);
      assertThat(seen.failures()).isZero();
      assertThat(seen.slowCallsInFlight()).isZero();
    });
    assertThat(breaker.explain())
        .hasToString("breaker 'slow' is open since 2026-01-01T00:00:05.999Z: 2 of 4 calls were slow"
            + " (50.0 %), 0 of them in flight; slowCallRateThreshold is 50.0 %; next probe in"
            + " 30.0 s");
    assertThat(breaker.snapshot().slowCalls()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(4);
  }

  @Test
  @DisplayName("a quick call is not slow, wherever it begins between two ticks of the coarse clock")
  void quickCalls_betweenTicks_areNotSlow() {
    CircuitBreaker breaker = breaker();
    for (int i = 0; i < 100; i++) {
      call(breaker, Duration.ZERO);
      time.advance(Duration.ofMillis(i % 7));
      call(breaker, Duration.ofMillis(i % 3));
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().slowCalls()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(200);
  }

  @Test
  @DisplayName("a slow call is slow, wherever it begins between two ticks of the coarse clock")
  void slowCalls_betweenTicks_areSlow() {
    CircuitBreaker breaker =
        resilience.circuitBreaker("patient", config().slowCallRateThreshold(100).build());
    for (int i = 0; i < 50; i++) {
      call(breaker, Duration.ZERO);
      time.advance(Duration.ofMillis(i % 7));
      call(breaker, LIMIT);
    }
    assertThat(breaker.snapshot().slowCalls()).isEqualTo(50);
  }

  @Test
  @Tag("R4j#1597")
  @DisplayName("a dependency that hangs opens the breaker while it hangs")
  void callsInFlight_openWhileTheyHang() {
    CircuitBreaker breaker = breaker();
    List<CompletableFuture<String>> hanging = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      CompletableFuture<String> inner = new CompletableFuture<>();
      hanging.add(inner);
      breaker.callAsync(() -> inner);
    }
    time.advance(LIMIT.minusMillis(100));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    time.advance(Duration.ofSeconds(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.explain().evidence()).isNotNull().satisfies(seen -> {
      assertThat(seen.calls()).isEqualTo(4);
      assertThat(seen.slowCallsInFlight()).isEqualTo(4);
    });
    hanging.forEach(inner -> inner.complete("late"));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().totals().late()).isEqualTo(4);
  }

  @Test
  void callsInFlight_countOnce_whenTheyEnd() {
    CircuitBreaker breaker =
        resilience.circuitBreaker("patient", config().slowCallRateThreshold(100).build());
    CompletableFuture<String> inner = new CompletableFuture<>();
    breaker.callAsync(() -> inner);
    time.advance(LIMIT.plusSeconds(1));
    CircuitBreakerSnapshot during = breaker.snapshot();
    assertThat(during.slowCallsInFlight()).isEqualTo(1);
    assertThat(during.windowCalls()).isZero();
    inner.complete("at last");
    CircuitBreakerSnapshot after = breaker.snapshot();
    assertThat(after.slowCallsInFlight()).isZero();
    assertThat(after.windowSlowCalls()).isEqualTo(1);
    assertThat(after.windowCalls()).isEqualTo(1);
  }

  @Test
  void callsInFlight_thatEndInTime_leaveNothingBehind() {
    CircuitBreaker breaker = breaker();
    for (int i = 0; i < 100; i++) {
      call(breaker, Duration.ofMillis(50));
    }
    time.advance(Duration.ofMinutes(1));
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(100);
  }

  @Test
  void callsOlderThanTheRing_areStillSeenAndStillEnd() {
    CircuitBreaker breaker =
        resilience.circuitBreaker("ancient", config().minimumNumberOfCalls(100).build());
    CompletableFuture<String> inner = new CompletableFuture<>();
    breaker.callAsync(() -> inner);
    for (int i = 0; i < 40; i++) {
      call(breaker, Duration.ofSeconds(1));
    }
    assertThat(breaker.snapshot().slowCallsInFlight()).isEqualTo(1);
    inner.complete("x");
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
  }

  @Test
  void permits_areTimedWhenTheyComplete_notBefore() {
    CircuitBreaker breaker = breaker();
    long[] permits = new long[4];
    for (int i = 0; i < permits.length; i++) {
      permits[i] = breaker.acquirePermit();
    }
    time.advance(LIMIT.multipliedBy(3));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    for (long permit : permits) {
      breaker.recordSuccess(permit);
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void slowProbe_opensAgain_evenWhileItHangs() {
    CircuitBreaker breaker = breaker();
    for (int i = 0; i < 4; i++) {
      call(breaker, LIMIT);
    }
    time.advance(Duration.ofSeconds(30));
    CompletableFuture<String> probe = new CompletableFuture<>();
    breaker.callAsync(() -> probe);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    time.advance(LIMIT.plusSeconds(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.explain().cause()).isEqualTo(TransitionCause.PROBE_SLOW);
    probe.complete("late");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void slowProbeThatEnds_opensAgain() {
    CircuitBreaker breaker = breaker();
    for (int i = 0; i < 4; i++) {
      call(breaker, LIMIT);
    }
    time.advance(Duration.ofSeconds(30));
    long permit = breaker.acquirePermit();
    time.advance(LIMIT);
    breaker.recordSuccess(permit);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.PROBE_SLOW);
  }

  @Test
  void metricsOnly_measuresAndNeverOpens() {
    CircuitBreaker breaker = breaker();
    breaker.metricsOnly();
    for (int i = 0; i < 10; i++) {
      call(breaker, LIMIT);
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.METRICS_ONLY);
    assertThat(breaker.snapshot().windowSlowCalls()).isEqualTo(10);
  }

  @Test
  void reset_whileCallsHang_startsFromNothing() {
    CircuitBreaker breaker = breaker();
    for (int i = 0; i < 4; i++) {
      breaker.callAsync(CompletableFuture::new);
    }
    time.advance(Duration.ofSeconds(1));
    breaker.reset();
    time.advance(Duration.ofSeconds(30));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
  }

  @Test
  @DisplayName("calls that hang are slow calls of the evidence")
  void evidence_countsCallsInFlightAsSlow() {
    CircuitBreaker breaker = breaker();
    call(breaker, LIMIT);
    for (int i = 0; i < 3; i++) {
      breaker.callAsync(CompletableFuture::new);
    }
    time.advance(LIMIT.plusSeconds(1));
    assertThat(breaker.explain().evidence()).isNotNull().satisfies(seen -> {
      assertThat(seen.calls()).isEqualTo(4);
      assertThat(seen.slowCalls()).isEqualTo(4);
      assertThat(seen.slowCallsInFlight()).isEqualTo(3);
    });
  }

  @Test
  @DisplayName(
      "permits are timed precisely, wherever they are taken between two ticks of the coarse clock")
  void permits_betweenTicks_areTimedPrecisely() {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "patient", config().slowCallRateThreshold(100).failureThreshold(1000).build());
    for (int i = 0; i < 60; i++) {
      call(breaker, Duration.ZERO);
      time.advance(Duration.ofMillis(i % 7));
      long quick = breaker.acquirePermit();
      long slow = breaker.acquirePermit();
      long quickFailure = breaker.acquirePermit();
      long slowFailure = breaker.acquirePermit();
      time.advance(LIMIT.minusNanos(1_000));
      call(breaker, Duration.ZERO);
      breaker.recordSuccess(quick);
      breaker.recordFailure(quickFailure, null);
      time.advance(Duration.ofNanos(1_000));
      breaker.recordSuccess(slow);
      breaker.recordFailure(slowFailure, null);
    }
    assertThat(breaker.snapshot().slowCalls()).isEqualTo(120);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("a call under the rule ends as its body does, is counted, and is under way no more")
  void calls_endAsTheirBodies() throws Exception {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "patient", config().minimumNumberOfCalls(100).failureThreshold(100).build());
    IOException down = new IOException("down");
    assertThat(breaker.call(() -> "value")).isEqualTo("value");
    assertThat(breaker.tryCall(() -> "value").value()).isEqualTo("value");
    assertThat(breaker.callAsync(() -> CompletableFuture.completedFuture("value")))
        .isCompletedWithValue("value");
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(3);
    assertThatThrownBy(() -> breaker.call(() -> {
          throw down;
        }))
        .isSameAs(down);
    assertThatThrownBy(() -> breaker.tryCall(() -> {
          throw down;
        }))
        .isSameAs(down);
    assertThat(breaker.callAsync(() -> CompletableFuture.failedFuture(down)))
        .isCompletedExceptionally();
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(3);
    time.advance(LIMIT.multipliedBy(2));
    assertThat(breaker.snapshot().slowCallsInFlight()).isZero();
  }
}
