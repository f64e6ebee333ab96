package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a closed breaker counts, and what opens it. */
class ClosedStateTest extends BreakerFixture {

  @Test
  @Tag("CB-02")
  @Tag("V2-03")
  @Tag("V2-05")
  @Tag("RG-02")
  @DisplayName("a new breaker is closed and has the defaults")
  void new_isClosedWithDefaults() {
    CircuitBreaker breaker = resilience.circuitBreaker("new");
    assertThat(breaker.name()).isEqualTo("new");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.isAvailable()).isTrue();
    assertThat(breaker.snapshot().consecutiveFailures()).isZero();
    CircuitBreakerConfig defaults = breaker.config();
    assertThat(defaults.failureThreshold()).isEqualTo(5);
    assertThat(defaults.cooldown()).isEqualTo(Duration.ofSeconds(60));
    assertThat(defaults.successThreshold()).isEqualTo(2);
    assertThat(defaults.halfOpenMaxCalls()).isEqualTo(3);
    assertThat(defaults.failureRateThreshold()).as("no rate rule").isZero();
    assertThat(defaults.window()).isEqualTo(Duration.ofSeconds(60));
    assertThat(defaults.ignoreIf().test(new IOException()))
        .as("nothing is excluded")
        .isFalse();
  }

  @Test
  @Tag("CB-36")
  @Tag("V2-03")
  @Tag("V2-37")
  @DisplayName("a breaker has the config of its declaration")
  void declared_hasItsSettings() {
    CircuitBreakerConfig config = CircuitBreakerConfig.builder()
        .failureThreshold(10)
        .cooldown(Duration.ofSeconds(120))
        .successThreshold(3)
        .halfOpenMaxCalls(5)
        .failureRateThreshold(60)
        .window(Duration.ofSeconds(10))
        .ignoreIf(e -> e instanceof IllegalArgumentException)
        .build();
    CircuitBreaker breaker = resilience.circuitBreaker("configured", config);
    assertThat(breaker.name()).isEqualTo("configured");
    assertThat(breaker.config().declaresSameAs(config)).isTrue();
    assertThat(breaker.config().failureThreshold()).isEqualTo(10);
    assertThat(breaker.config().cooldown()).isEqualTo(Duration.ofSeconds(120));
    assertThat(breaker.config().successThreshold()).isEqualTo(3);
    assertThat(breaker.config().halfOpenMaxCalls()).isEqualTo(5);
    assertThat(breaker.config().failureRateThreshold()).isEqualTo(60);
    assertThat(breaker.config().window()).isEqualTo(Duration.ofSeconds(10));
    assertThat(breaker.config().ignoreIf().test(new NumberFormatException())).isTrue();
  }

  @Test
  @Tag("CB-03")
  @DisplayName("the open state lasts as long as the cooldown")
  void cooldown_hasOneName() {
    CircuitBreaker breaker =
        breaker(config().failureThreshold(1).cooldown(Duration.ofSeconds(120)));
    fail(breaker);
    assertThat(breaker.snapshot().cooldown()).isEqualTo(Duration.ofSeconds(120));
    time.advance(Duration.ofSeconds(120).minusNanos(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(Duration.ofNanos(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  @Tag("CB-04")
  @Tag("CB-05")
  @Tag("CB-06")
  @Tag("V2-06")
  @Tag("SC-02")
  @DisplayName("the failure that reaches the threshold opens, and no earlier one does")
  void thresholdReached_opensOnce() {
    CircuitBreaker breaker = opensAfter(3);
    List<CircuitBreakerTransition> seen = transitionsOf(breaker);
    long late = breaker.acquirePermit();
    fail(breaker);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(1);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    fail(breaker);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(2);
    time.runPending();
    assertThat(seen).as("below the threshold nothing happened").isEmpty();
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(3);
    breaker.recordFailure(late, new IOException("after the trip"));
    time.runPending();
    assertThat(seen)
        .extracting(CircuitBreakerTransition::to)
        .containsExactly(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("CB-07")
  @Tag("V2-07")
  @Tag("SC-04")
  @DisplayName("only consecutive failures reach the threshold")
  void success_endsConsecutiveFailures() {
    CircuitBreaker breaker = opensAfter(3);
    fail(breaker);
    fail(breaker);
    succeed(breaker);
    assertThat(breaker.snapshot().consecutiveFailures()).isZero();
    fail(breaker);
    fail(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    succeed(breaker);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(breaker.snapshot().consecutiveFailures()).isZero();
  }

  @Test
  @Tag("CB-09")
  @DisplayName("a closed breaker grants every permit")
  void closed_admits() {
    CircuitBreaker breaker = opensAfter(1);
    for (int i = 0; i < 100; i++) {
      assertThat(breaker.tryAcquirePermit()).isNotEqualTo(CircuitBreaker.REJECTED);
    }
    assertThat(breaker.isAvailable()).isTrue();
  }

  @Test
  @Tag("V2-15")
  @DisplayName("a success ends the consecutive failures and is counted with its time")
  void success_isCounted() {
    CircuitBreaker breaker = opensAfter(3);
    fail(breaker);
    assertThat(breaker.snapshot().lastSuccess()).isNull();
    time.advance(Duration.ofSeconds(8));
    succeed(breaker);
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    assertThat(snapshot.consecutiveFailures()).isZero();
    assertThat(snapshot.consecutiveSuccesses()).isEqualTo(1);
    assertThat(snapshot.totals().successes()).isEqualTo(1);
    assertThat(snapshot.lastSuccess())
        .as("at most a bucket of the window too early")
        .isBetween(time.wallTime().minusSeconds(4), time.wallTime());
  }

  @Test
  @Tag("V2-16")
  @Tag("SC-02")
  @DisplayName("a failure is counted with its time, and ends the consecutive successes")
  void failure_isCounted() {
    CircuitBreaker breaker = opensAfter(3);
    assertThat(breaker.snapshot().lastFailure()).isNull();
    succeed(breaker);
    succeed(breaker);
    assertThat(breaker.snapshot().consecutiveSuccesses()).isEqualTo(2);
    time.advance(Duration.ofSeconds(1));
    fail(breaker);
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    assertThat(snapshot.windowFailures()).isEqualTo(1);
    assertThat(snapshot.consecutiveFailures()).isEqualTo(1);
    assertThat(snapshot.consecutiveSuccesses()).isZero();
    assertThat(snapshot.totals().failures()).isEqualTo(1);
    assertThat(snapshot.lastFailure())
        .as("by the coarse clock")
        .isBetween(time.wallTime().minusMillis(21), time.wallTime());
    assertThat(snapshot.toMap())
        .containsEntry("failure_count", 1L)
        .containsEntry("total_requests", 3L);
  }

  @Test
  @Tag("V2-17")
  @Tag("V2-34")
  @Tag("fault-15")
  @DisplayName("ignored failures and their subtypes are not counted")
  void ignoredFailure_countsAsNothing() {
    CircuitBreaker breaker =
        breaker(config().failureThreshold(1).ignoreIf(e -> e instanceof IllegalArgumentException));
    breaker.recordFailure(breaker.acquirePermit(), new IllegalArgumentException());
    breaker.recordFailure(breaker.acquirePermit(), new NumberFormatException("a subtype"));
    CircuitBreakerSnapshot snapshot = breaker.snapshot();
    assertThat(snapshot.totals())
        .isEqualTo(CircuitBreakerTotals.builder().ignored(2).build());
    assertThat(snapshot.windowCalls()).isZero();
    assertThat(snapshot.consecutiveFailures()).isZero();
    assertThat(snapshot.toMap()).containsEntry("total_requests", 0L);
    fail(breaker);
    assertThat(breaker.state()).as("others count").isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("fault-15")
  @Tag("fault-36")
  @DisplayName(
      "a failure that is not recorded counts as a success; if the predicate throws, it counts "
          + "as a failure")
  void predicates_decideWhatCounts() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).recordIf(e -> {
      if (e instanceof ArithmeticException) {
        throw new IllegalStateException("a faulty predicate");
      }
      return e instanceof IOException;
    }));
    breaker.recordFailure(breaker.acquirePermit(), new UnsupportedOperationException());
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    breaker.recordFailure(breaker.acquirePermit(), new ArithmeticException());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("fault-15")
  @DisplayName("a result can count as a failure")
  void recordResultIf_countsResultsAsFailures() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).recordResultIf("error"::equals));
    assertThat(breaker.<String, RuntimeException>call(() -> "error")).isEqualTo("error");
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("V2-18")
  @DisplayName("a failure without an exception counts, too")
  void failureWithoutException_counts() {
    CircuitBreaker breaker = opensAfter(2);
    breaker.recordFailure(breaker.acquirePermit(), null);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(1);
    breaker.recordFailure(breaker.acquirePermit(), null);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("V2-26")
  @Tag("SC-01")
  @DisplayName("counts begin at zero and add up")
  void figures_addUp() {
    CircuitBreaker mixed = resilience.circuitBreaker("mixed");
    assertThat(mixed.snapshot().toMap())
        .containsEntry("state", "closed")
        .containsEntry("failure_count", 0L)
        .containsEntry("success_count", 0L)
        .containsEntry("total_requests", 0L)
        .containsEntry("total_failures", 0L)
        .containsEntry("last_failure_time", null)
        .containsEntry("last_success_time", null)
        .containsEntry("cooldown_remaining", null);
    succeed(mixed);
    fail(mixed);
    succeed(mixed);
    assertThat(mixed.snapshot().toMap())
        .containsEntry("total_requests", 3L)
        .containsEntry("success_count", 2L)
        .containsEntry("failure_count", 1L)
        .containsEntry("total_failures", 1L)
        .containsEntry("consecutive_successes", 1L)
        .containsEntry("consecutive_failures", 0);
    CircuitBreaker eight = resilience.circuitBreaker("eight");
    times(5, () -> succeed(eight));
    times(3, () -> fail(eight));
    assertThat(eight.snapshot().toMap())
        .containsEntry("total_requests", 8L)
        .containsEntry("total_failures", 3L);
  }

  @Test
  @Tag("V2-04")
  @Tag("V2-37")
  @Tag("SC-01")
  @DisplayName("a snapshot returns a map with exactly ten keys")
  void snapshot_toMap() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.advance(Duration.ofSeconds(10));
    assertThat(breaker.snapshot().toMap())
        .containsOnlyKeys(
            "state",
            "failure_count",
            "success_count",
            "last_failure_time",
            "last_success_time",
            "consecutive_failures",
            "consecutive_successes",
            "total_requests",
            "total_failures",
            "cooldown_remaining")
        .containsEntry("state", "open")
        .containsEntry("cooldown_remaining", 50.0)
        .containsEntry("last_failure_time", time.wallTime().getEpochSecond() - 10.0);
    time.advance(COOLDOWN);
    assertThat(breaker.snapshot().toMap())
        .containsEntry("state", "half_open")
        .containsEntry("cooldown_remaining", null);
  }
}
