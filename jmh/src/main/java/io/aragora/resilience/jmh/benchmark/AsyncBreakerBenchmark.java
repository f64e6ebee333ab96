package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import java.util.concurrent.CompletionStage;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * What a closed breaker adds to an asynchronous call that succeeds: with a completed stage, and with one that the same
 * thread completes after the breaker has returned. Failsafe runs every body on another thread, and the benchmark waits for
 * it.
 */
public class AsyncBreakerBenchmark extends AsyncBenchmark {
  private CircuitBreaker breaker;
  private io.github.resilience4j.circuitbreaker.CircuitBreaker resilience4j;
  private FailsafeExecutor<Integer> failsafe;

  /** Creates the breakers. */
  @Setup
  public void setUp() {
    breaker = resilience.circuitBreaker("breaker");
    resilience4j = Peers.countLocked();
    failsafe = Failsafe.with(Peers.failsafeCount());
  }

  @Benchmark
  public Integer synchronous() {
    return breaker.call(body);
  }

  @Benchmark
  public CompletionStage<Integer> oursCompleted() {
    return breaker.callAsync(completed);
  }

  @Benchmark
  public CompletionStage<Integer> resilience4jCompleted() {
    return resilience4j.executeCompletionStage(completed);
  }

  @Benchmark
  public Integer failsafeOnItsThread() {
    return failsafe.getStageAsync(completed::get).join();
  }

  @Benchmark
  public CompletionStage<Integer> oursLater(PendingResult body) {
    return body.come(breaker.callAsync(body));
  }

  @Benchmark
  public CompletionStage<Integer> resilience4jLater(PendingResult body) {
    return body.come(resilience4j.executeCompletionStage(body));
  }
}
