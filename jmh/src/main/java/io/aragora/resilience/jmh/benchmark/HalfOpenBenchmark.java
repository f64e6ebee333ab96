package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Claim: a probe of a half-open breaker, with its success recorded, costs at most twice its floor and allocates nothing.
 * Also, a permit is acquired and released without an outcome. Failsafe has no such release, so there a success is recorded,
 * and the number of successes that would close it exceeds those of a run. The run fails if a breaker leaves half-open.
 */
public class HalfOpenBenchmark extends PolicyBenchmark {
  private static final int PLACES = 10;
  private static final int PLACES_OF_A_STAY = 10_000;

  /** At 20 ns each, 20 s for a fork. */
  private static final int NEVER_REACHED = 1_000_000_000;

  private CircuitBreaker breaker;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker renewed;

  /** Failsafe's breaker has a state of its own, because it needs about 125 MB, a bit for each success. */
  @State(Scope.Benchmark)
  public static class FailsafeHalfOpen {
    private dev.failsafe.CircuitBreaker<Integer> breaker;

    /** Creates the breaker. */
    @Setup
    public void setUp() {
      breaker = dev.failsafe.CircuitBreaker.<Integer>builder()
          .withSuccessThreshold(NEVER_REACHED)
          .build();
      breaker.halfOpen();
    }

    /** Checks that the measured breaker was half-open. */
    @TearDown(Level.Iteration)
    public void stayedHalfOpen() {
      if (!breaker.isHalfOpen()) {
        throw new IllegalStateException("Failsafe must be half-open: " + breaker.getState());
      }
    }
  }

  /** Creates the breakers. */
  @Setup
  public void setUp() {
    breaker = resilience.circuitBreaker(
        "half-open",
        CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .cooldown(Duration.ofNanos(1))
            .successThreshold(Integer.MAX_VALUE)
            .halfOpenMaxCalls(PLACES)
            .build());
    breaker.recordFailure(breaker.tryAcquirePermit(), null);
    resilience4j = peer(PLACES);
    renewed = peer(PLACES_OF_A_STAY);
  }

  private static io.github.resilience4j.circuitbreaker.CircuitBreaker peer(int places) {
    io.github.resilience4j.circuitbreaker.CircuitBreaker breaker =
        io.github.resilience4j.circuitbreaker.CircuitBreaker.of(
            "half-open",
            io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.custom()
                .permittedNumberOfCallsInHalfOpenState(places)
                // it would close after the least number of calls of its window
                .slidingWindow(60, places, SlidingWindowType.TIME_BASED)
                .build());
    enterHalfOpen(breaker);
    return breaker;
  }

  private static synchronized void enterHalfOpen(
      io.github.resilience4j.circuitbreaker.CircuitBreaker breaker) {
    if (breaker.getState() == io.github.resilience4j.circuitbreaker.CircuitBreaker.State.CLOSED) {
      breaker.transitionToOpenState();
      breaker.transitionToHalfOpenState();
    }
  }

  /** Checks that the measured breaker was half-open. */
  @TearDown(Level.Iteration)
  public void stayedHalfOpen() {
    if (breaker.state() != CircuitBreakerState.HALF_OPEN
        || resilience4j.getState()
            != io.github.resilience4j.circuitbreaker.CircuitBreaker.State.HALF_OPEN) {
      throw new IllegalStateException("both must be half-open: ours " + breaker.state()
          + ", Resilience4j " + resilience4j.getState());
    }
  }

  @Benchmark
  public long floor(Floor floor) {
    return floor.probe();
  }

  @Benchmark
  @AllocationFree
  public long ours() {
    long permit = breaker.tryAcquirePermit();
    breaker.releasePermit(permit);
    return permit;
  }

  @Benchmark
  @AllocationFree
  public long oursWithSuccess() {
    long permit = breaker.tryAcquirePermit();
    breaker.recordSuccess(permit);
    return permit;
  }

  @Benchmark
  public boolean resilience4j() {
    boolean permitted = resilience4j.tryAcquirePermission();
    resilience4j.releasePermission();
    return permitted;
  }

  /** Its window of probes has a place for each, so its stay is renewed, ten thousand probes at a time. */
  @Benchmark
  public boolean resilience4jWithSuccess() {
    boolean permitted = renewed.tryAcquirePermission();
    if (permitted) {
      renewed.onSuccess(Peers.CALL_NANOS, TimeUnit.NANOSECONDS);
    } else {
      enterHalfOpen(renewed);
    }
    if (renewed.getState() == io.github.resilience4j.circuitbreaker.CircuitBreaker.State.CLOSED) {
      enterHalfOpen(renewed);
    }
    return permitted;
  }

  @Benchmark
  public boolean failsafeWithSuccess(FailsafeHalfOpen failsafe) {
    boolean permitted = failsafe.breaker.tryAcquirePermit();
    failsafe.breaker.recordSuccess();
    return permitted;
  }
}
