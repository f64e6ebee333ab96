package io.aragora.resilience.core;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** A runtime on manual time, and breakers that fail. */
abstract class BreakerRegistryFixture {
  final ManualTime time = ManualTime.create();
  final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  static CircuitBreakerConfig config(int failures, int seconds) {
    return CircuitBreakerConfig.builder()
        .failureThreshold(failures)
        .cooldown(Duration.ofSeconds(seconds))
        .build();
  }

  static void fail(CircuitBreaker breaker, int times) {
    for (int i = 0; i < times; i++) {
      breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
    }
  }
}
