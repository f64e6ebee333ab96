package io.aragora.resilience.jmh.benchmark;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowSynchronizationStrategy;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;

/** The breakers of Resilience4j and Failsafe that more than one benchmark compares with. */
final class Peers {
  /** The duration that the caller of Resilience4j's permit reports. A constant, because reading a clock would cost time. */
  static final long CALL_NANOS = 1_000;

  private static final int COUNT = 100;
  private static final int SECONDS = 60;

  private Peers() {}

  static CircuitBreaker countLocked() {
    return resilience4j(
        SlidingWindowType.COUNT_BASED, COUNT, SlidingWindowSynchronizationStrategy.SYNCHRONIZED);
  }

  static CircuitBreaker countLockFree() {
    return resilience4j(
        SlidingWindowType.COUNT_BASED, COUNT, SlidingWindowSynchronizationStrategy.LOCK_FREE);
  }

  static CircuitBreaker timeLocked() {
    return timeLocked(SECONDS);
  }

  static CircuitBreaker timeLocked(int seconds) {
    return resilience4j(
        SlidingWindowType.TIME_BASED, seconds, SlidingWindowSynchronizationStrategy.SYNCHRONIZED);
  }

  static CircuitBreaker timeLockFree() {
    return resilience4j(
        SlidingWindowType.TIME_BASED, SECONDS, SlidingWindowSynchronizationStrategy.LOCK_FREE);
  }

  private static CircuitBreaker resilience4j(
      SlidingWindowType type, int size, SlidingWindowSynchronizationStrategy strategy) {
    return CircuitBreaker.of(
        "peer",
        CircuitBreakerConfig.custom()
            .slidingWindow(size, COUNT, type, strategy)
            // 100 %, so that the alternating failures of a benchmark never open it
            .failureRateThreshold(100)
            .build());
  }

  static dev.failsafe.CircuitBreaker<Integer> failsafeCount() {
    return dev.failsafe.CircuitBreaker.<Integer>builder()
        .withFailureThreshold(COUNT, COUNT)
        .build();
  }

  static dev.failsafe.CircuitBreaker<Integer> failsafeTime() {
    return failsafeTime(SECONDS);
  }

  static dev.failsafe.CircuitBreaker<Integer> failsafeTime(int seconds) {
    return dev.failsafe.CircuitBreaker.<Integer>builder()
        .withFailureRateThreshold(100, COUNT, Duration.ofSeconds(seconds))
        .build();
  }
}
