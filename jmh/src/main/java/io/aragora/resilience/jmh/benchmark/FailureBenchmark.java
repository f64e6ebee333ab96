package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a failure allocates nothing either. Every other call of each thread fails, below the thresholds, so that each failure
 * follows a success and is evaluated.
 */
public class FailureBenchmark extends PolicyBenchmark {
  private final RuntimeException failure = new IllegalStateException("prepared");

  private CircuitBreaker inARow;
  private CircuitBreaker rate;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker countLocked;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker timeLocked;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;

  /** Whether the next call of a thread fails. */
  @State(Scope.Thread)
  public static class Alternation {
    private boolean fails;

    boolean next() {
      fails = !fails;
      return fails;
    }
  }

  /** Creates the breakers. */
  @Setup
  public void setUp() {
    inARow = resilience.circuitBreaker(
        "consecutive",
        CircuitBreakerConfig.builder().failureThreshold(Integer.MAX_VALUE).build());
    rate = resilience.circuitBreaker(
        "rate",
        CircuitBreakerConfig.builder()
            .noFailureThreshold()
            .failureRateThreshold(100)
            .build());
    // one success first, so that the rate is below 100 % from the first call on
    rate.recordSuccess(rate.tryAcquirePermit());
    countLocked = Peers.countLocked();
    timeLocked = Peers.timeLocked();
    failsafe = Peers.failsafeCount();
  }

  /** Checks that no rejection was measured. */
  @TearDown
  public void stayedClosed() {
    boolean closed = inARow.state() == CircuitBreakerState.CLOSED
        && rate.state() == CircuitBreakerState.CLOSED
        && countLocked.getState()
            == io.github.resilience4j.circuitbreaker.CircuitBreaker.State.CLOSED
        && timeLocked.getState()
            == io.github.resilience4j.circuitbreaker.CircuitBreaker.State.CLOSED
        && failsafe.isClosed();
    if (!closed) {
      throw new IllegalStateException("all breakers must be closed");
    }
  }

  @Benchmark
  @AllocationFree
  public long oursInARow(Alternation alternation) {
    return complete(inARow, alternation);
  }

  @Benchmark
  @AllocationFree
  public long oursRate(Alternation alternation) {
    return complete(rate, alternation);
  }

  private static long complete(CircuitBreaker breaker, Alternation alternation) {
    long permit = breaker.tryAcquirePermit();
    if (alternation.next()) {
      breaker.recordFailure(permit, null);
    } else {
      breaker.recordSuccess(permit);
    }
    return permit;
  }

  @Benchmark
  public boolean resilience4jCountLocked(Alternation alternation) {
    return complete(countLocked, alternation);
  }

  @Benchmark
  public boolean resilience4jTimeLocked(Alternation alternation) {
    return complete(timeLocked, alternation);
  }

  private boolean complete(
      io.github.resilience4j.circuitbreaker.CircuitBreaker breaker, Alternation alternation) {
    boolean permitted = breaker.tryAcquirePermission();
    if (alternation.next()) {
      breaker.onError(Peers.CALL_NANOS, TimeUnit.NANOSECONDS, failure);
    } else {
      breaker.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
    }
    return permitted;
  }

  @Benchmark
  public boolean failsafeDirect(Alternation alternation) {
    boolean permitted = failsafe.tryAcquirePermit();
    if (alternation.next()) {
      failsafe.recordFailure();
    } else {
      failsafe.recordSuccess();
    }
    return permitted;
  }
}
