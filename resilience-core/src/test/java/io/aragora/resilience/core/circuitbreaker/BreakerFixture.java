package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;

/** A runtime on manual time, and short methods for frequent steps of breaker tests. */
abstract class BreakerFixture {
  static final Duration COOLDOWN = Duration.ofSeconds(60);

  final ManualTime time = ManualTime.create();
  final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void closeRuntime() {
    resilience.close();
  }

  static CircuitBreakerConfig.Builder config() {
    return CircuitBreakerConfig.builder().cooldown(COOLDOWN);
  }

  CircuitBreaker breaker(CircuitBreakerConfig.Builder config) {
    return resilience.circuitBreaker("b", config.build());
  }

  CircuitBreaker opensAfter(int failures) {
    return breaker(config().failureThreshold(failures));
  }

  /** Opens after one failure, has failed, and has waited for its cooldown. */
  CircuitBreaker halfOpen(CircuitBreakerConfig.Builder config) {
    CircuitBreaker breaker = breaker(config.failureThreshold(1));
    fail(breaker);
    time.advance(COOLDOWN);
    return breaker;
  }

  KeyedCircuitBreaker keyed(CircuitBreakerConfig.Builder config) {
    return resilience.keyedCircuitBreaker("agents", KeyedCircuitBreakerConfig.of(config.build()));
  }

  static void fail(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }

  static void succeed(CircuitBreaker breaker) {
    breaker.recordSuccess(breaker.acquirePermit());
  }

  static void times(int count, Runnable action) {
    for (int i = 0; i < count; i++) {
      action.run();
    }
  }

  /**
   * Returns a list that receives every transition from now on, after pending events were delivered.
   */
  static List<CircuitBreakerTransition> transitionsOf(CircuitBreaker breaker) {
    List<CircuitBreakerTransition> seen = new CopyOnWriteArrayList<>();
    breaker.subscribe(into(seen));
    return seen;
  }

  static CircuitBreakerListener into(List<CircuitBreakerTransition> seen) {
    return transition -> seen.add(transition);
  }
}
