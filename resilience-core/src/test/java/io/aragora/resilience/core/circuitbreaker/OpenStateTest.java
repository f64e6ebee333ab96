package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.policy.ResilienceException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an open breaker does, and how it reports its rejections. */
class OpenStateTest extends BreakerFixture {

  @Test
  @Tag("CB-01")
  @Tag("V2-02")
  @DisplayName("a rejection names breaker, state, reason and remaining time")
  void rejection_namesBreakerStateReasonAndTime() {
    CallNotPermittedException rejection = new CallNotPermittedException(
        "my-circuit",
        CircuitBreakerState.OPEN,
        TransitionCause.FAILURE_RATE,
        Duration.ofMillis(15_300).toNanos());
    assertThat(rejection)
        .isInstanceOf(ResilienceException.class)
        .hasMessageContaining("my-circuit")
        .hasMessageContaining("open")
        .hasMessageContaining("failure rate")
        .hasMessageContaining("15.3");
    assertThat(rejection.breaker()).isEqualTo("my-circuit");
    assertThat(rejection.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(rejection.remainingCooldown()).isEqualTo(Duration.ofMillis(15_300));
    assertThat(rejection.getStackTrace()).as("costs no stack trace").isEmpty();
  }

  @Test
  @Tag("V2-01")
  @DisplayName("states have the texts of the reference, and are read from them")
  void states_haveTexts() {
    assertThat(CircuitBreakerState.CLOSED.text()).isEqualTo("closed");
    assertThat(CircuitBreakerState.OPEN.text()).isEqualTo("open");
    assertThat(CircuitBreakerState.HALF_OPEN.text()).isEqualTo("half_open");
    assertThat(CircuitBreakerState.parse("half-open"))
        .as("the other spelling")
        .isEqualTo(CircuitBreakerState.HALF_OPEN);
    for (CircuitBreakerState state : CircuitBreakerState.values()) {
      assertThat(CircuitBreakerState.parse(state.text())).isEqualTo(state);
    }
    assertThatThrownBy(() -> CircuitBreakerState.parse("ajar"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ajar");
  }

  @Test
  @Tag("CB-10")
  @Tag("CB-40")
  @Tag("V2-12")
  @Tag("V2-32")
  @Tag("fault-13")
  @DisplayName(
      "an open breaker rejects without calling the body, and its rejection has the remaining "
          + "time")
  void open_rejectsWithNameStateAndRemainingCooldown() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.advance(Duration.ofMillis(44_700));
    AtomicInteger ran = new AtomicInteger();
    assertThatThrownBy(() -> breaker.call(ran::incrementAndGet))
        .isInstanceOfSatisfying(CallNotPermittedException.class, e -> {
          assertThat(e.breaker()).as("its own name").isEqualTo("b");
          assertThat(e.state()).isEqualTo(CircuitBreakerState.OPEN);
          assertThat(e.transitionCause()).isEqualTo(TransitionCause.FAILURE_THRESHOLD);
          assertThat(e.remainingCooldown()).isEqualTo(Duration.ofMillis(15_300));
          assertThat(e).hasMessageContaining("'b'").hasMessageContaining("15.3");
        });
    assertThat(ran).hasValue(0);
    assertThat(breaker.isAvailable()).isFalse();
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(breaker.tryCall(() -> "x").isRejected()).isTrue();
    assertThat(breaker.snapshot().totals().rejected()).isEqualTo(3);
  }

  @Test
  @Tag("CB-12")
  @Tag("V2-27")
  @DisplayName(
      "the remaining cooldown is the full one after opening, and zero outside the open state")
  void remainingCooldown_countsDown() {
    CircuitBreaker breaker = opensAfter(1);
    assertThat(breaker.snapshot().remainingCooldown()).isZero();
    assertThat(breaker.snapshot().toMap()).containsEntry("cooldown_remaining", null);
    fail(breaker);
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    time.advance(Duration.ofSeconds(40));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(20));
    time.advance(Duration.ofSeconds(30));
    assertThat(breaker.snapshot().remainingCooldown()).isZero();
  }

  @Test
  @Tag("CB-06")
  @Tag("CB-08")
  @Tag("SC-09")
  @Tag("SC-10")
  @Tag("fault-6")
  @DisplayName("outcomes from before the opening decide nothing, and are counted")
  void staleOutcomes_decideNothing() {
    CircuitBreaker breaker = opensAfter(1);
    long slow = breaker.acquirePermit();
    long slower = breaker.acquirePermit();
    fail(breaker);
    breaker.recordSuccess(slow);
    assertThat(breaker.state()).as("no success closes it").isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().consecutiveFailures())
        .as("nor makes it forget why it opened")
        .isEqualTo(1);
    time.advance(Duration.ofSeconds(30));
    breaker.recordFailure(slower, new IOException("late"));
    assertThat(breaker.snapshot().remainingCooldown())
        .as("no failure extends the cooldown")
        .isEqualTo(Duration.ofSeconds(30));
    assertThat(breaker.snapshot().totals().late()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @Tag("CB-19")
  @Tag("V2-08")
  @Tag("fault-9")
  @Tag("fault-10")
  @DisplayName("after the cooldown, all readings agree and none changes the state")
  void afterTheCooldown_readingsAgreeAndArePure() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.advance(COOLDOWN.minusNanos(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.isAvailable()).isFalse();
    time.advance(Duration.ofNanos(1));
    for (int i = 0; i < 3; i++) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
      assertThat(snapshot.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
      assertThat(breaker.explain().state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
      assertThat(breaker.isAvailable()).isTrue();
      assertThat(snapshot.transitions()).as("only the trip").isEqualTo(1);
      assertThat(snapshot.probesInFlight()).isZero();
    }
  }

  @Test
  @Tag("fault-22")
  @DisplayName("neither cooldown nor window uses the wall clock")
  void wallClock_doesNotMatter() {
    CircuitBreaker breaker = opensAfter(1);
    fail(breaker);
    time.jumpWallClock(Duration.ofHours(-1));
    time.advance(Duration.ofSeconds(59));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.jumpWallClock(Duration.ofHours(3));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(Duration.ofSeconds(1));
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  @Tag("fault-15")
  @DisplayName("the cooldown grows with each consecutive opening, up to its cap")
  void cooldown_growsAndIsCapped() {
    CircuitBreaker breaker = breaker(
        config().failureThreshold(1).cooldownBackoff(2).maxCooldown(Duration.ofSeconds(150)));
    fail(breaker);
    List<Duration> cooldowns = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      cooldowns.add(breaker.snapshot().cooldown());
      time.advance(breaker.snapshot().cooldown());
      fail(breaker);
    }
    assertThat(cooldowns).extracting(Duration::toSeconds).containsExactly(60L, 120L, 150L, 150L);
  }
}
