package io.aragora.resilience.core.persistence;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;

/** A store that outlives the runtimes that a test opens on it, one after the other. */
abstract class SaverFixture {
  static final Duration COOLDOWN = Duration.ofSeconds(100);

  /** Longer than a change waits for others. */
  static final Duration A_MOMENT = Duration.ofMillis(50);

  final ManualTime time = ManualTime.create();
  final RecordingStore store = new RecordingStore();

  Resilience open() {
    return Resilience.builder().name("r").timeSource(time).stateStore(store).build();
  }

  static CircuitBreakerConfig.Builder config() {
    return CircuitBreakerConfig.builder().failureThreshold(2).cooldown(COOLDOWN);
  }

  static CircuitBreaker breaker(Resilience resilience) {
    return resilience.circuitBreaker("b", config().build());
  }

  static KeyedCircuitBreaker keyed(Resilience resilience) {
    return resilience.keyedCircuitBreaker(
        "k", KeyedCircuitBreakerConfig.of(config().build()));
  }

  static void fail(CircuitBreaker breaker) {
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
  }

  static void succeed(CircuitBreaker breaker) {
    breaker.recordSuccess(breaker.acquirePermit());
  }

  static void trip(CircuitBreaker breaker) {
    fail(breaker);
    fail(breaker);
  }

  /** A run that ends in order, with its breaker open. */
  void leaveOpen() {
    try (Resilience resilience = open()) {
      trip(breaker(resilience));
    }
  }
}
