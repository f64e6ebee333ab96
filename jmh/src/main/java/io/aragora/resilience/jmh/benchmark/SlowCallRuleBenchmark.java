package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: with a rule for slow calls, which needs the clock and counts the calls in flight, a call costs at most 1.25 times
 * one reading and three closed calls. Resilience4j always times every call.
 */
public class SlowCallRuleBenchmark extends PolicyBenchmark {
  private CircuitBreaker breaker;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker countLocked;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker timeLocked;

  /** Creates the breakers; no call is slow. */
  @Setup
  public void setUp() {
    breaker = resilience.circuitBreaker(
        "slow",
        CircuitBreakerConfig.builder()
            .slowCallRateThreshold(50)
            .slowCallDuration(Duration.ofSeconds(60))
            .build());
    countLocked = Peers.countLocked();
    timeLocked = Peers.timeLocked();
  }

  @Benchmark
  public long floor(Floor floor) {
    return System.nanoTime() + floor.closed() + floor.closed() + floor.closed();
  }

  @Benchmark
  @AllocationFree
  public Integer oursCall() {
    return breaker.call(body);
  }

  @Benchmark
  public Integer resilience4jCountLockedCall() {
    return countLocked.executeSupplier(supplier);
  }

  @Benchmark
  public Integer resilience4jTimeLockedCall() {
    return timeLocked.executeSupplier(supplier);
  }
}
