package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Claim: in virtual threads, few or many, an admitted and recorded call costs at most twice its floor in them.
 */
public class VirtualThreadBenchmark extends InVirtualThreads {
  private CircuitBreaker breaker;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker timeLocked;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;

  /** Creates the breakers. */
  @Setup
  public void setUp() {
    breaker = resilience.circuitBreaker("closed");
    timeLocked = Peers.timeLocked();
    failsafe = Peers.failsafeCount();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void floor(Floor floor, Blackhole hole) throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        hole.consume(floor.closed());
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void oursPermit() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        breaker.recordSuccess(breaker.tryAcquirePermit());
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void resilience4jTimeLockedPermit() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        timeLocked.tryAcquirePermission();
        timeLocked.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
      }
    });
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void failsafeCountDirect() throws Exception {
    drive(() -> {
      for (int i = 0; i < CALLS_BEFORE_YIELD; i++) {
        failsafe.tryAcquirePermit();
        failsafe.recordSuccess();
      }
    });
  }
}
