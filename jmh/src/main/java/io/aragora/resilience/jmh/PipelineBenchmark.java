package io.aragora.resilience.jmh;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.Pipeline;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/** Claim: retry around breaker around timeout, around a call that succeeds, allocates nothing. */
public class PipelineBenchmark extends PolicyBenchmark {
  private Pipeline pipeline;
  private FailsafeExecutor<Integer> failsafe;

  /** Makes the pipelines. */
  @Setup
  public void setUp() {
    pipeline = resilience
        .pipeline("pipeline")
        .add(resilience.retry("retry"))
        .add(resilience.circuitBreaker("breaker"))
        .add(resilience.timeout("timeout", Duration.ofSeconds(10)))
        .build();
    failsafe = Failsafe.with(
        dev.failsafe.RetryPolicy.<Integer>ofDefaults(),
        Peers.failsafeCount(),
        dev.failsafe.Timeout.<Integer>builder(Duration.ofSeconds(10))
            .withInterrupt()
            .build());
  }

  @Benchmark
  public Integer emptyCall() {
    return body.get();
  }

  @Benchmark
  @AllocationFree
  public Integer ours() {
    return pipeline.call(body);
  }

  @Benchmark
  public Integer failsafeExecutor() {
    return failsafe.get(body::get);
  }
}
