package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: an admitted and recorded call costs at most twice its floor, allocates nothing, and costs two threads at most 1.2 times as
 * much as one.
 */
public class ClosedCallBenchmark extends PolicyBenchmark {
  private CircuitBreaker breaker;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker countLocked;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker timeLocked;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker timeLockFree;
  private dev.failsafe.CircuitBreaker<Integer> failsafeCount;
  private dev.failsafe.CircuitBreaker<Integer> failsafeTime;
  private FailsafeExecutor<Integer> failsafe;

  /** Creates the breakers; each judges a rate. */
  @Setup
  public void setUp() {
    breaker = resilience.circuitBreaker(
        "closed", CircuitBreakerConfig.builder().failureRateThreshold(50).build());
    countLocked = Peers.countLocked();
    timeLocked = Peers.timeLocked();
    timeLockFree = Peers.timeLockFree();
    failsafeCount = Peers.failsafeCount();
    failsafeTime = Peers.failsafeTime();
    failsafe = Failsafe.with(Peers.failsafeCount());
  }

  @Benchmark
  public long floor(Floor floor) {
    return floor.closed();
  }

  @Benchmark
  public Integer emptyCall() {
    return body.get();
  }

  @Benchmark
  @AllocationFree
  public long oursPermit() {
    long permit = breaker.tryAcquirePermit();
    breaker.recordSuccess(permit);
    return permit;
  }

  @Benchmark
  @AllocationFree
  public Integer oursCall() {
    return breaker.call(body);
  }

  @Benchmark
  public boolean resilience4jCountLockedPermit() {
    return admitted(countLocked);
  }

  @Benchmark
  public Integer resilience4jCountLockedCall() {
    return countLocked.executeSupplier(supplier);
  }

  @Benchmark
  public boolean resilience4jTimeLockedPermit() {
    return admitted(timeLocked);
  }

  @Benchmark
  public Integer resilience4jTimeLockedCall() {
    return timeLocked.executeSupplier(supplier);
  }

  @Benchmark
  public boolean resilience4jTimeLockFreePermit() {
    return admitted(timeLockFree);
  }

  @Benchmark
  public Integer resilience4jTimeLockFreeCall() {
    return timeLockFree.executeSupplier(supplier);
  }

  private static boolean admitted(io.github.resilience4j.circuitbreaker.CircuitBreaker breaker) {
    boolean permitted = breaker.tryAcquirePermission();
    breaker.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
    return permitted;
  }

  @Benchmark
  public boolean failsafeCountDirect() {
    boolean permitted = failsafeCount.tryAcquirePermit();
    failsafeCount.recordSuccess();
    return permitted;
  }

  @Benchmark
  public boolean failsafeTimeDirect() {
    boolean permitted = failsafeTime.tryAcquirePermit();
    failsafeTime.recordSuccess();
    return permitted;
  }

  @Benchmark
  public Integer failsafeCountExecutor() {
    return failsafe.get(body::get);
  }
}
