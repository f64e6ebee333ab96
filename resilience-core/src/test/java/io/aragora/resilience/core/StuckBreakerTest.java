package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** No change of settings, in whatever state, leaves a breaker that never closes and never opens. */
class StuckBreakerTest {
  private static final int MAX_STEPS = 3_000;
  private static final double HALF = 50;
  private static final long SLOW_NANOS = Duration.ofSeconds(200).toNanos();

  private final ManualTime time = ManualTime.create();
  private Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  /** Two configs that differ in one setting. */
  private record Change(String setting, CircuitBreakerConfig before, CircuitBreakerConfig after) {}

  /** Every setting, in both directions; with and without the share of failed probes. */
  private static List<Change> changes() {
    List<Change> all = new ArrayList<>();
    for (ConfigVariation variation : ConfigVariation.of(CircuitBreakerConfig.class)) {
      CircuitBreakerConfig first = (CircuitBreakerConfig) variation.buildFirst();
      CircuitBreakerConfig second = (CircuitBreakerConfig) variation.buildSecond();
      String setting = variation.setter().getName();
      all.add(new Change(setting, first, second));
      all.add(new Change(setting, second, first));
      all.add(new Change(setting, single(first), single(second)));
      all.add(new Change(setting, single(second), single(first)));
      all.add(new Change(setting, share(first), share(second)));
      all.add(new Change(setting, share(second), share(first)));
      all.add(new Change(setting, single(first), share(second)));
      all.add(new Change(setting, share(first), single(second)));
    }
    return all;
  }

  private static CircuitBreakerConfig single(CircuitBreakerConfig config) {
    return config.toBuilder().noHalfOpenFailureRateThreshold().build();
  }

  private static CircuitBreakerConfig share(CircuitBreakerConfig config) {
    return config.toBuilder().halfOpenFailureRateThreshold(HALF).build();
  }

  private CircuitBreaker breaker(CircuitBreakerConfig config) {
    CircuitBreaker breaker = resilience.unregistered().circuitBreaker("b", config);
    breaker.reset();
    return breaker;
  }

  /** Takes a permit; 0 if the breaker is decided, or does not admit. */
  private static long take(CircuitBreaker breaker) {
    return breaker.state() == CircuitBreakerState.HALF_OPEN ? breaker.tryAcquirePermit() : 0;
  }

  private void succeedUntil(CircuitBreaker breaker, CircuitBreakerState end, String as) {
    for (int i = 0; i < MAX_STEPS && breaker.state() != end; i++) {
      long permit = breaker.tryAcquirePermit();
      if (permit == CircuitBreaker.REJECTED) {
        time.advance(Duration.ofSeconds(10));
      } else {
        breaker.recordSuccess(permit);
      }
    }
    assertThat(breaker.state()).as(as).isEqualTo(end);
  }

  private void failUntilOpen(CircuitBreaker breaker, String as) {
    for (int i = 0; i < MAX_STEPS && breaker.state() == CircuitBreakerState.CLOSED; i++) {
      long permit = breaker.tryAcquirePermit();
      if (permit != CircuitBreaker.REJECTED) {
        breaker.recordFailure(permit, null, SLOW_NANOS);
      }
    }
    assertThat(breaker.state()).as(as).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName("half-open, after any outcomes, with or without a probe under way, any change")
  void reconfigure_halfOpen_isDecided() {
    int decided = 0;
    for (Change change : changes()) {
      for (int outcomes = 0; outcomes < 8; outcomes++) {
        for (int failures = 0; failures <= Math.min(2, outcomes); failures++) {
          decided += reconfigureHalfOpen(change, outcomes, failures, false);
          decided += reconfigureHalfOpen(change, outcomes, failures, true);
        }
      }
    }
    assertThat(decided)
        .as("some are decided by the change or the outcome after it")
        .isPositive();
  }

  private int reconfigureHalfOpen(
      Change change, int outcomes, int failures, boolean hasProbeUnderWay) {
    CircuitBreaker breaker = breaker(change.before);
    breaker.halfOpen();
    for (int i = 0; i < outcomes; i++) {
      long permit = take(breaker);
      if (permit != CircuitBreaker.REJECTED && i < failures) {
        breaker.recordFailure(permit, null, 0);
      } else if (permit != CircuitBreaker.REJECTED) {
        breaker.recordSuccess(permit, 0);
      }
    }
    long underWay = hasProbeUnderWay ? take(breaker) : CircuitBreaker.REJECTED;
    breaker.reconfigure(change.after);
    if (underWay != CircuitBreaker.REJECTED) {
      breaker.recordSuccess(underWay, 0);
    }
    int decided = breaker.state() == CircuitBreakerState.HALF_OPEN ? 0 : 1;
    succeedUntil(
        breaker,
        CircuitBreakerState.CLOSED,
        "outcomes " + outcomes + ", failures " + failures + ", probe under way " + hasProbeUnderWay
            + ", " + change);
    return decided;
  }

  @Test
  @DisplayName("closed, and then open, any change")
  void reconfigure_closedThenOpen_opensAndCloses() {
    for (Change change : changes()) {
      String as = change.setting + ": " + change.before + " -> " + change.after;
      CircuitBreaker breaker = breaker(change.before);
      breaker.reconfigure(change.after);
      failUntilOpen(breaker, as);
      breaker.reconfigure(change.before);
      succeedUntil(breaker, CircuitBreakerState.CLOSED, as);
    }
  }

  @Test
  @DisplayName("a state that was set by hand, any change: it stays until it is set by hand again")
  void reconfigure_stateByHand_staysAndCanBeLeft() {
    for (Change change : changes()) {
      CircuitBreaker breaker = breaker(change.before);
      for (Runnable byHand :
          List.<Runnable>of(breaker::forceOpen, breaker::disable, breaker::metricsOnly)) {
        byHand.run();
        CircuitBreakerState state = breaker.state();
        breaker.reconfigure(change.after);
        assertThat(breaker.state()).as(change.toString()).isEqualTo(state);
        breaker.reset();
        failUntilOpen(breaker, change.toString());
        breaker.reconfigure(change.before);
      }
    }
  }

  @Test
  @DisplayName("an outcome that is counted while the settings change is judged by the new ones")
  void reconfigure_whileTheLastProbeIsCounted_isDecided() {
    AtomicReference<Runnable> atNextReading = new AtomicReference<>();
    ForwardingTime hooked = new ForwardingTime(time) {
      @Override
      public long nanoTime() {
        Runnable next = atNextReading.getAndSet(null);
        if (next != null) {
          next.run();
        }
        return super.nanoTime();
      }
    };
    resilience.close();
    resilience = Resilience.builder().timeSource(hooked).build();
    CircuitBreakerConfig config = CircuitBreakerConfig.builder()
        .slowCallRateThreshold(HALF)
        .slowCallDuration(Duration.ofSeconds(5))
        .halfOpenFailureRateThreshold(HALF)
        .halfOpenCalls(100)
        .build();
    CircuitBreaker breaker = breaker(config);
    breaker.halfOpen();
    for (int i = 0; i < 19; i++) {
      breaker.recordSuccess(breaker.acquirePermit());
    }
    long last = breaker.acquirePermit();

    atNextReading.set(
        () -> breaker.reconfigure(config.toBuilder().halfOpenCalls(38).build()));
    breaker.recordSuccess(last);

    assertThat(atNextReading.get()).as("the settings were changed meanwhile").isNull();
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName("probes that hang when a slow-call rule is switched on are watched")
  void reconfigure_slowRuleIsSwitchedOn_watchesProbesUnderWay() {
    CircuitBreakerConfig config = CircuitBreakerConfig.defaults();
    CircuitBreaker breaker = breaker(config);
    breaker.halfOpen();
    for (int i = 0; i < config.halfOpenMaxCalls(); i++) {
      breaker.acquirePermit();
    }

    breaker.reconfigure(config.toBuilder()
        .slowCallRateThreshold(HALF)
        .slowCallDuration(Duration.ofSeconds(2))
        .build());
    time.advance(Duration.ofSeconds(5));

    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }
}
