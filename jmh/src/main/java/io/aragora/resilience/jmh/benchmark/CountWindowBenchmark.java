package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: a window of exactly the last N calls, which all threads must share, costs no more than Resilience4j's. Such a
 * window costs at least one addition to a word that all threads share.
 */
public class CountWindowBenchmark extends PolicyBenchmark {
  private final AtomicLong shared = new AtomicLong();

  private CircuitBreaker last20;
  private CircuitBreaker last100;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker locked;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker lockFree;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;

  /** Creates the breakers. */
  @Setup
  public void setUp() {
    last20 = breaker("last 20", 20);
    last100 = breaker("last 100", 100);
    locked = Peers.countLocked();
    lockFree = Peers.countLockFree();
    failsafe = Peers.failsafeCount();
  }

  private CircuitBreaker breaker(String name, int calls) {
    return resilience.circuitBreaker(
        name,
        CircuitBreakerConfig.builder()
            .countWindow(calls)
            .failureRateThreshold(50)
            .build());
  }

  @Benchmark
  public long sharedGetAndAdd() {
    return shared.getAndAdd(1);
  }

  @Benchmark
  @AllocationFree
  public long oursLast20Permit() {
    long permit = last20.tryAcquirePermit();
    last20.recordSuccess(permit);
    return permit;
  }

  @Benchmark
  @AllocationFree
  public long oursLast100Permit() {
    long permit = last100.tryAcquirePermit();
    last100.recordSuccess(permit);
    return permit;
  }

  @Benchmark
  public boolean resilience4jLockedPermit() {
    boolean permitted = locked.tryAcquirePermission();
    locked.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
    return permitted;
  }

  @Benchmark
  public boolean resilience4jLockFreePermit() {
    boolean permitted = lockFree.tryAcquirePermission();
    lockFree.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
    return permitted;
  }

  @Benchmark
  public boolean failsafeDirect() {
    boolean permitted = failsafe.tryAcquirePermit();
    failsafe.recordSuccess();
    return permitted;
  }
}
