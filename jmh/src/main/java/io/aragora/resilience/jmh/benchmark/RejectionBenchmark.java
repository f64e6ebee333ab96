package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: an open breaker rejects a permit within twice the floor, without allocating, and by exception within six times. All
 * breakers here are open with a cooldown of a day.
 */
public class RejectionBenchmark extends PolicyBenchmark {
  private static final Duration DAY = Duration.ofDays(1);

  private CircuitBreaker open;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4jStackless;
  private dev.failsafe.CircuitBreaker<Integer> failsafeBreaker;
  private FailsafeExecutor<Integer> failsafe;

  /** Creates the breakers and opens them. */
  @Setup
  public void setUp() {
    open = resilience.circuitBreaker(
        "open", CircuitBreakerConfig.builder().failureThreshold(1).cooldown(DAY).build());
    open.recordFailure(open.tryAcquirePermit(), null);
    resilience4j = open(true);
    resilience4jStackless = open(false);
    failsafeBreaker =
        dev.failsafe.CircuitBreaker.<Integer>builder().withDelay(DAY).build();
    failsafeBreaker.open();
    failsafe = Failsafe.with(failsafeBreaker);
  }

  private static io.github.resilience4j.circuitbreaker.CircuitBreaker open(boolean stackTrace) {
    io.github.resilience4j.circuitbreaker.CircuitBreaker breaker =
        io.github.resilience4j.circuitbreaker.CircuitBreaker.of(
            "open",
            io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.custom()
                .waitDurationInOpenState(DAY)
                .writableStackTraceEnabled(stackTrace)
                .build());
    breaker.transitionToOpenState();
    return breaker;
  }

  @Benchmark
  public long floor(Floor floor) {
    return floor.rejection();
  }

  @Benchmark
  @AllocationFree
  public long oursPermit() {
    return open.tryAcquirePermit();
  }

  @Benchmark
  public Object oursTryCall() {
    return open.tryCall(body);
  }

  @Benchmark
  public Object oursException() {
    try {
      return open.call(body);
    } catch (CallNotPermittedException e) {
      return e;
    }
  }

  @Benchmark
  public boolean resilience4jPermit() {
    return resilience4j.tryAcquirePermission();
  }

  @Benchmark
  public Object resilience4jException() {
    return rejected(resilience4j);
  }

  @Benchmark
  public Object resilience4jExceptionStackless() {
    return rejected(resilience4jStackless);
  }

  private Object rejected(io.github.resilience4j.circuitbreaker.CircuitBreaker breaker) {
    try {
      return breaker.executeSupplier(supplier);
    } catch (io.github.resilience4j.circuitbreaker.CallNotPermittedException e) {
      return e;
    }
  }

  @Benchmark
  public boolean failsafeDirect() {
    return failsafeBreaker.tryAcquirePermit();
  }

  @Benchmark
  public Object failsafeExecutor() {
    try {
      return failsafe.get(body::get);
    } catch (CircuitBreakerOpenException e) {
      return e;
    }
  }
}
