package io.aragora.resilience.jmh.benchmark;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import io.aragora.resilience.timeout.Timeout;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/**
 * What a timeout adds to an asynchronous call that is in time: with a completed stage, and with one that the same thread
 * completes after the timeout has returned, so that a timer is armed and cancelled. Failsafe runs every body on another
 * thread, and the benchmark waits for it.
 */
public class AsyncTimeoutBenchmark extends AsyncBenchmark {
  private static final int SECONDS = 10;

  private Timeout timeout;
  private TimeLimiter resilience4j;
  private FailsafeExecutor<Integer> failsafe;

  /** Creates the timeouts. */
  @Setup
  public void setUp() {
    Duration limit = Duration.ofSeconds(SECONDS);
    timeout = resilience.timeout("timeout", limit);
    resilience4j = TimeLimiter.of(limit);
    failsafe = Failsafe.with(dev.failsafe.Timeout.<Integer>of(limit));
  }

  @Benchmark
  public Integer synchronous() {
    return timeout.call(body);
  }

  @Benchmark
  public CompletionStage<Integer> oursCompleted() {
    return timeout.callAsync(completed);
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
    return body.come(timeout.callAsync(body));
  }

  @Benchmark
  public CompletionStage<Integer> resilience4jLater(PendingResult body, PeerThreads threads) {
    return body.come(resilience4j.executeCompletionStage(threads.scheduler, body));
  }

  @Benchmark
  public CompletionStage<Integer> orTimeoutLater(PendingResult body) {
    return body.come(body.get().orTimeout(SECONDS, TimeUnit.SECONDS));
  }
}
