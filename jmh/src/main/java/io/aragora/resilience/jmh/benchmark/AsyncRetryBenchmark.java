package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.retry.Retry;
import java.util.concurrent.CompletionStage;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * What a retry adds to an asynchronous call that succeeds at once: with a completed stage, and with one that the same thread
 * completes after the retry has returned. Failsafe runs every body on another thread, and the benchmark waits for it.
 */
public class AsyncRetryBenchmark extends AsyncBenchmark {
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
  public Integer synchronous() {
    return retry.call(body);
  }

  @Benchmark
  public CompletionStage<Integer> oursCompleted() {
    return retry.callAsync(completed);
  }

  @Benchmark
  public CompletionStage<Integer> resilience4jCompleted(PeerThreads threads) {
    return resilience4j.executeCompletionStage(threads.scheduler, completed);
  }

  @Benchmark
  public Integer failsafeOnItsThread() {
    return failsafe.getStageAsync(completed::get).join();
  }

  @Benchmark
  public CompletionStage<Integer> oursLater(PendingResult body) {
    return body.come(retry.callAsync(body));
  }

  @Benchmark
  public CompletionStage<Integer> resilience4jLater(PendingResult body, PeerThreads threads) {
    return body.come(resilience4j.executeCompletionStage(threads.scheduler, body));
  }
}
