package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a call that may fail costs at most 2.25 times its floor, or 2.5 times if a rate is judged,
 * no more than a peer's if threads share the breaker, and allocates nothing. One call in two, eight
 * or ten of each thread fails, below the thresholds. A run is shorter than a window of 60 s, so
 * that all its calls are in the newest buckets; a window of 1 s turns during the run.
 */
public class FailureBenchmark extends PolicyBenchmark {
  /** Of so many calls of a thread the last one fails. */
  @Param({"2", "8", "10"})
  public int every;

  /** The length of the windows of time. */
  @Param({"60", "1"})
  public int windowSeconds;

  private final RuntimeException failure = new IllegalStateException("prepared");

  private CircuitBreaker consecutive;
  private CircuitBreaker rate;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker countLocked;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker timeLocked;
  private dev.failsafe.CircuitBreaker<Integer> failsafe;
  private dev.failsafe.CircuitBreaker<Integer> failsafeTime;

  /** Whether the next call of a thread fails. */
  @State(Scope.Thread)
  public static class Turns {
    private int left;

    boolean fails(int every) {
      left = left == 0 ? every - 1 : left - 1;
      return left == 0;
    }
  }

  /** Creates the breakers. */
  @Setup
  public void setUp() {
    Duration window = Duration.ofSeconds(windowSeconds);
    consecutive = resilience.circuitBreaker(
        "consecutive",
        CircuitBreakerConfig.builder()
            .window(window)
            .failureThreshold(Integer.MAX_VALUE)
            .build());
    // so many that not even the first calls after a pause are failures alone
    rate = resilience.circuitBreaker(
        "rate",
        CircuitBreakerConfig.builder()
            .window(window)
            .noFailureThreshold()
            .failureRateThreshold(100)
            .minimumNumberOfCalls(100)
            .build());
    countLocked = Peers.countLocked();
    timeLocked = Peers.timeLocked(windowSeconds);
    failsafe = Peers.failsafeCount();
    failsafeTime = Peers.failsafeTime(windowSeconds);
  }

  /** Checks that no rejection was measured. */
  @TearDown
  public void stayedClosed() {
    boolean closed = consecutive.state() == CircuitBreakerState.CLOSED
        && rate.state() == CircuitBreakerState.CLOSED
        && countLocked.getState()
            == io.github.resilience4j.circuitbreaker.CircuitBreaker.State.CLOSED
        && timeLocked.getState()
            == io.github.resilience4j.circuitbreaker.CircuitBreaker.State.CLOSED
        && failsafe.isClosed()
        && failsafeTime.isClosed();
    if (!closed) {
      throw new IllegalStateException("all breakers must be closed");
    }
  }

  @Benchmark
  public long floor(Floor floor, Turns turns) {
    return turns.fails(every) ? floor.closed() + floor.shared() : floor.closed();
  }

  @Benchmark
  @AllocationFree
  public long oursConsecutive(Turns turns) {
    return complete(consecutive, turns);
  }

  @Benchmark
  @AllocationFree
  public long oursRate(Turns turns) {
    return complete(rate, turns);
  }

  private long complete(CircuitBreaker breaker, Turns turns) {
    long permit = breaker.tryAcquirePermit();
    if (turns.fails(every)) {
      breaker.recordFailure(permit, null);
    } else {
      breaker.recordSuccess(permit);
    }
    return permit;
  }

  @Benchmark
  public boolean resilience4jCountLocked(Turns turns) {
    return complete(countLocked, turns);
  }

  @Benchmark
  public boolean resilience4jTimeLocked(Turns turns) {
    return complete(timeLocked, turns);
  }

  private boolean complete(
      io.github.resilience4j.circuitbreaker.CircuitBreaker breaker, Turns turns) {
    boolean permitted = breaker.tryAcquirePermission();
    if (turns.fails(every)) {
      breaker.onError(Peers.CALL_NANOS, TimeUnit.NANOSECONDS, failure);
    } else {
      breaker.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
    }
    return permitted;
  }

  @Benchmark
  public boolean failsafeDirect(Turns turns) {
    return complete(failsafe, turns);
  }

  @Benchmark
  public boolean failsafeTimeDirect(Turns turns) {
    return complete(failsafeTime, turns);
  }

  private boolean complete(dev.failsafe.CircuitBreaker<Integer> breaker, Turns turns) {
    boolean permitted = breaker.tryAcquirePermit();
    if (turns.fails(every)) {
      breaker.recordFailure();
    } else {
      breaker.recordSuccess();
    }
    return permitted;
  }
}
