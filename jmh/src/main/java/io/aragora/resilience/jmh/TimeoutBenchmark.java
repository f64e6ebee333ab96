package io.aragora.resilience.jmh;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: a timeout around a call that is in time costs two clock readings, and allocates nothing. Both interrupt a call that is late; Resilience4j has
 * nothing that does so on the caller's own thread.
 */
public class TimeoutBenchmark extends PolicyBenchmark {
  private Timeout timeout;
  private FailsafeExecutor<Integer> failsafe;

  /** Makes the timeouts. */
  @Setup
  public void setUp() {
    timeout = resilience.timeout("timeout", Duration.ofSeconds(10));
    failsafe = Failsafe.with(dev.failsafe.Timeout.<Integer>builder(Duration.ofSeconds(10))
        .withInterrupt()
        .build());
  }

  @Benchmark
  public Integer emptyCall() {
    return body.get();
  }

  @Benchmark
  public long nanoTime() {
    return System.nanoTime();
  }

  @Benchmark
  @AllocationFree
  public Integer ours() {
    return timeout.call(body);
  }

  @Benchmark
  public Integer failsafeExecutor() {
    return failsafe.get(body::get);
  }
}
