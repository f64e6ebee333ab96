package io.aragora.resilience.jmh.soak;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** The memory that peers need for each asynchronous call that waits for its second attempt. */
final class WaitingPeers {
  private static final Duration WAIT = Duration.ofHours(1);
  private static final SoakFailure FAILURE = new SoakFailure();

  private final int calls;
  private final CompletableFuture<?>[] pending;

  WaitingPeers(int calls) {
    this.calls = calls;
    this.pending = new CompletableFuture<?>[calls];
  }

  private static CompletionStage<Integer> failed() {
    return CompletableFuture.failedFuture(FAILURE);
  }

  /** Bytes of the heap for each of Resilience4j's. */
  double resilience4j() {
    ScheduledThreadPoolExecutor scheduler = scheduler();
    Retry retry = Retry.of(
        "retry", RetryConfig.custom().intervalFunction(n -> WAIT.toMillis()).build());
    return bytes(
        scheduler,
        () -> retry.executeCompletionStage(scheduler, WaitingPeers::failed).toCompletableFuture(),
        () -> scheduler.getQueue().size() == calls);
  }

  /** Bytes of the heap for each of Failsafe's. */
  double failsafe() {
    ScheduledThreadPoolExecutor scheduler = scheduler();
    FailsafeExecutor<Integer> failsafe =
        Failsafe.with(RetryPolicy.<Integer>builder().withDelay(WAIT).build()).with(scheduler);
    return bytes(
        scheduler,
        () -> failsafe.getStageAsync(WaitingPeers::failed),
        // each call is one task for its first attempt and one for its second
        () -> scheduler.getCompletedTaskCount() >= calls && scheduler.getQueue().size() == calls);
  }

  private static ScheduledThreadPoolExecutor scheduler() {
    return new ScheduledThreadPoolExecutor(1, Executors.defaultThreadFactory());
  }

  private double bytes(
      ScheduledThreadPoolExecutor scheduler,
      Supplier<CompletableFuture<Integer>> call,
      BooleanSupplier areAllWaiting) {
    try {
      long before = Heap.used();
      for (int i = 0; i < calls; i++) {
        pending[i] = call.get();
      }
      Soaking.await(areAllWaiting, 10, "the peer's calls do not wait");
      return (double) (Heap.used() - before) / calls;
    } finally {
      Arrays.fill(pending, null);
      scheduler.shutdownNow();
      try {
        scheduler.awaitTermination(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
