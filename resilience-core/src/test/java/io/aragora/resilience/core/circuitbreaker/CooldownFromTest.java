package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.retry.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A breaker whose cooldown comes from the failure that opens it. */
class CooldownFromTest extends BreakerFixture {
  private static final Duration TOLD = Duration.ofSeconds(7);

  /** A failure that says for how long the dependency is not available. */
  private static final class Banned extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient RetryAfter wait;

    Banned(RetryAfter wait) {
      this.wait = wait;
    }
  }

  private static CircuitBreakerConfig.Builder told() {
    return config()
        .failureThreshold(2)
        .cooldownFrom(failure -> failure instanceof Banned banned ? banned.wait : null);
  }

  private static void ban(CircuitBreaker breaker, Duration wait) {
    ban(breaker, RetryAfter.of(wait));
  }

  private static void ban(CircuitBreaker breaker, RetryAfter wait) {
    breaker.recordFailure(breaker.acquirePermit(), new CompletionException(new Banned(wait)));
  }

  @Test
  @DisplayName("the failure that opens says for how long; one before it does not")
  void failureThatOpens_saysForHowLong() {
    CircuitBreaker breaker = breaker(told());
    ban(breaker, TOLD.multipliedBy(3));
    ban(breaker, TOLD);
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(TOLD);
    time.advance(TOLD);
    ban(breaker, TOLD.multipliedBy(2));
    assertThat(breaker.snapshot().remainingCooldown())
        .as("of a failed probe")
        .isEqualTo(TOLD.multipliedBy(2));
  }

  @Test
  @DisplayName(
      "a failure that says nothing, zero or a past instant opens for the cooldown of the settings")
  void failureThatSaysNothing_opensForTheSettings() {
    RetryAfter past = RetryAfter.at(time.wallTime().minusSeconds(1));
    for (RetryAfter nothing : new RetryAfter[] {null, RetryAfter.of(Duration.ZERO), past}) {
      CircuitBreaker breaker = resilience.circuitBreaker("of " + nothing, told().build());
      times(2, () -> ban(breaker, nothing));
      assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    }
  }

  @Test
  @DisplayName("an instant is compared with the wall clock of the runtime")
  void failureWithAnInstant_opensUntilThen() {
    time.jumpWallClock(Duration.ofDays(30));
    CircuitBreaker breaker = breaker(told());
    times(2, () -> ban(breaker, RetryAfter.at(time.wallTime().plus(TOLD))));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(TOLD);
  }

  @Test
  @DisplayName("maxCooldown bounds it, even the most distant instant, and after a restart")
  void maxCooldown_boundsIt() {
    CircuitBreaker breaker = breaker(told().maxCooldown(Duration.ofMinutes(3)));
    times(2, () -> ban(breaker, RetryAfter.at(Instant.MAX)));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(Duration.ofMinutes(3));
    CircuitBreaker restored = resilience.circuitBreaker(
        "later", told().maxCooldown(Duration.ofMinutes(3)).build());
    assertThat(restored.restore(breaker.save())).isTrue();
    assertThat(restored.snapshot().remainingCooldown()).isEqualTo(Duration.ofMinutes(3));
  }

  @Test
  @DisplayName("jitter is added, so that a fleet that was told one time does not probe in step")
  void jitter_isAdded() {
    CircuitBreaker breaker = breaker(told().cooldownJitter(0.5));
    times(2, () -> ban(breaker, TOLD));
    assertThat(breaker.snapshot().remainingCooldown())
        .isBetween(TOLD, TOLD.plus(TOLD.dividedBy(2)))
        .isNotEqualTo(TOLD);
  }

  @Test
  @DisplayName(
      "a function that throws leaves the cooldown of the settings, and the call its failure")
  void functionThatThrows_leavesTheSettings() {
    AtomicInteger asked = new AtomicInteger();
    CircuitBreaker breaker = breaker(config().failureThreshold(1).cooldownFrom(failure -> {
      asked.incrementAndGet();
      throw new AssertionError("broken");
    }));
    assertThatThrownBy(() -> breaker.call(() -> {
          throw new Banned(RetryAfter.of(TOLD));
        }))
        .isInstanceOf(Banned.class);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    assertThat(asked).hasValue(1);
  }

  @Test
  @DisplayName("jitter lengthens by its share of the cooldown times the draw")
  void jitter_isTheShareTimesTheDraw() {
    time.fixedRandom(0.25);
    CircuitBreaker breaker = breaker(told().cooldownJitter(0.5));
    times(2, () -> ban(breaker, TOLD));
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(TOLD.plus(TOLD.dividedBy(8)));
  }
}
