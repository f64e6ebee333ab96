package io.aragora.resilience.jmh;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import io.github.resilience4j.timelimiter.TimeLimiter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Around an asynchronous body whose future is done already. Failsafe runs the body on a pool of its own even then, and so waits
 * for a thread; the others stay on the caller's.
 */
public class AsyncBenchmark extends PolicyBenchmark {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Supplier<CompletionStage<Integer>> async =
      () -> CompletableFuture.completedFuture(42);
  private final ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
  private Retry retry;
  private Timeout timeout;
  private io.github.resilience4j.retry.Retry resilience4jRetry;
  private TimeLimiter timeLimiter;
  private FailsafeExecutor<Integer> failsafeRetry;
  private FailsafeExecutor<Integer> failsafeTimeout;

  /** Makes the policies. */
  @Setup
  public void setUp() {
    scheduler.setRemoveOnCancelPolicy(true);
    retry = resilience.retry("async");
    timeout = resilience.timeout("async", LIMIT);
    resilience4jRetry = io.github.resilience4j.retry.Retry.ofDefaults("async");
    timeLimiter = TimeLimiter.of(LIMIT);
    failsafeRetry = Failsafe.with(RetryPolicy.<Integer>ofDefaults());
    failsafeTimeout = Failsafe.with(dev.failsafe.Timeout.<Integer>of(LIMIT));
  }

  /** Ends the peers' thread. */
  @TearDown(Level.Trial)
  public void closeScheduler() {
    scheduler.shutdownNow();
  }

  @Benchmark
  public Integer emptyCall() {
    return async.get().toCompletableFuture().join();
  }

  @Benchmark
  public Integer oursRetry() {
    return retry.callAsync(async).join();
  }

  @Benchmark
  public Integer resilience4jRetry() {
    return resilience4jRetry
        .executeCompletionStage(scheduler, async)
        .toCompletableFuture()
        .join();
  }

  @Benchmark
  public Integer failsafeRetry() {
    return failsafeRetry.getStageAsync(async::get).join();
  }

  @Benchmark
  public Integer oursTimeout() {
    return timeout.callAsync(async).join();
  }

  @Benchmark
  public Integer resilience4jTimeLimiter() {
    return timeLimiter
        .executeCompletionStage(scheduler, async)
        .toCompletableFuture()
        .join();
  }

  @Benchmark
  public Integer failsafeTimeout() {
    return failsafeTimeout.getStageAsync(async::get).join();
  }

  @Benchmark
  public Integer orTimeout() {
    // Of a future that is done already it would arm nothing.
    CompletableFuture<Integer> future = new CompletableFuture<>();
    CompletableFuture<Integer> limited = future.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS);
    future.complete(42);
    return limited.join();
  }
}
