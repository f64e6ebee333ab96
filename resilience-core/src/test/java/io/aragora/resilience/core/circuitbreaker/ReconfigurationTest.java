package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReconfigurationTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static CircuitBreakerConfig.Builder rate() {
    return CircuitBreakerConfig.builder().noFailureThreshold().failureRateThreshold(50);
  }

  private void record(CircuitBreaker breaker, int successes, int failures) {
    for (int i = 0; i < successes; i++) {
      breaker.recordSuccess(breaker.acquirePermit());
    }
    for (int i = 0; i < failures; i++) {
      breaker.recordFailure(breaker.acquirePermit(), null);
    }
  }

  @Test
  void sameWindow_keepsEverything_andSendsNoEvent() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", rate().build());
    List<CircuitBreakerTransition> events = new ArrayList<>();
    breaker.subscribe(transition -> events.add(transition));
    record(breaker, 3, 2);
    long permit = breaker.acquirePermit();
    CircuitBreakerSnapshot before = breaker.snapshot();
    CircuitBreakerConfig other = rate().cooldown(Duration.ofSeconds(5)).build();
    breaker.reconfigure(other);
    assertThat(breaker.config()).isSameAs(other);
    assertThat(breaker.snapshot()).isEqualTo(before);
    breaker.recordFailure(permit, null);
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(3);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(3);
    assertThat(breaker.snapshot().totals().late()).isZero();
    time.runPending();
    assertThat(events).isEmpty();
    breaker.forceOpen();
    time.runPending();
    assertThat(events).as("listeners stay").hasSize(1);
  }

  @Test
  void otherLength_movesTheOutcomes() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", rate().build());
    record(breaker, 4, 1);
    time.advance(Duration.ofSeconds(20));
    record(breaker, 2, 1);
    breaker.reconfigure(rate().window(Duration.ofMinutes(5)).build());
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(8);
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(2);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(1);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(6);
    breaker.reconfigure(rate().window(Duration.ofSeconds(10)).build());
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(3);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(6);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  void countWindows_keepTheYoungest() {
    CircuitBreaker breaker =
        resilience.circuitBreaker("b", rate().countWindow(30).build());
    record(breaker, 30, 4);
    breaker.reconfigure(rate().countWindow(10).build());
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(10);
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(4);
  }

  @Test
  void countWindows_grow() {
    CircuitBreaker breaker =
        resilience.circuitBreaker("b", rate().countWindow(10).build());
    record(breaker, 20, 3);
    breaker.reconfigure(rate().countWindow(200).build());
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(10);
    assertThat(breaker.snapshot().windowFailures()).isEqualTo(3);
    record(breaker, 50, 0);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(60);
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(70);
  }

  @Test
  void otherKindOfWindow_beginsEmpty_andTotalsStay() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", rate().build());
    record(breaker, 5, 3);
    breaker.reconfigure(rate().countWindow(10).build());
    assertThat(breaker.snapshot().windowCalls()).isZero();
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(5);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(3);
    assertThat(breaker.snapshot().consecutiveFailures()).isEqualTo(3);
  }

  @Test
  void aRuleThatIsReachedAlready_opensAtOnce() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", rate().build());
    record(breaker, 0, 4);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    breaker.reconfigure(rate().minimumNumberOfCalls(4).build());
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    CircuitBreaker consecutive = resilience.circuitBreaker("consecutive", rate().build());
    record(consecutive, 0, 4);
    consecutive.reconfigure(CircuitBreakerConfig.builder().failureThreshold(3).build());
    assertThat(consecutive.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  void open_keepsItsCooldown_andProbesAreJudgedByTheNewSettings() {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .cooldown(Duration.ofSeconds(60))
            .build());
    record(breaker, 0, 1);
    breaker.reconfigure(CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldown(Duration.ofSeconds(5))
        .successThreshold(1)
        .build());
    assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(60));
    time.advance(Duration.ofSeconds(60));
    record(breaker, 1, 0);
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  void slowRule_canBeTurnedOnAndOff_withPermitsOut() {
    CircuitBreaker breaker = resilience.circuitBreaker("b", rate().build());
    long plain = breaker.acquirePermit();
    breaker.reconfigure(
        rate().slowCallRateThreshold(50).slowCallDuration(Duration.ofSeconds(1)).build());
    long timed = breaker.acquirePermit();
    time.advance(Duration.ofSeconds(2));
    breaker.recordSuccess(plain);
    breaker.recordSuccess(timed);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(2);
    assertThat(breaker.snapshot().windowSlowCalls()).isEqualTo(1);
    long second = breaker.acquirePermit();
    breaker.reconfigure(rate().build());
    breaker.recordSuccess(second);
    assertThat(breaker.snapshot().windowCalls()).isEqualTo(3);
    assertThat(breaker.snapshot().totals().late()).isZero();
  }
}
