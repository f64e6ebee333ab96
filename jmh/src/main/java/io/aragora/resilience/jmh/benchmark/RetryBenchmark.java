package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.retry.Retry;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * Claim: a retry around a call that succeeds at once costs at most 1.75 times its floor, with one
 * thread and with two, and allocates nothing.
 */
public class RetryBenchmark extends PolicyBenchmark {
  private Retry retry;
  private io.github.resilience4j.retry.Retry resilience4j;
  private FailsafeExecutor<Integer> failsafe;

  /** Creates the retries. */
  @Setup
  public void setUp() {
    retry = resilience.retry("retry");
    resilience4j = io.github.resilience4j.retry.Retry.ofDefaults("retry");
    failsafe = Failsafe.with(dev.failsafe.RetryPolicy.<Integer>ofDefaults());
  }

  @Benchmark
  public Integer emptyCall() {
    return body.get();
  }

  @Benchmark
  public long floor(Floor floor) {
    return floor.retry();
  }

  @Benchmark
  @AllocationFree
  public Integer ours() {
    return retry.call(body);
  }

  @Benchmark
  public Integer resilience4j() {
    return resilience4j.executeSupplier(supplier);
  }

  @Benchmark
  public Integer failsafeExecutor() {
    return failsafe.get(body::get);
  }
}
