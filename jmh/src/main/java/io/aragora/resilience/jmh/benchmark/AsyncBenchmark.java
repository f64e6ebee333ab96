package io.aragora.resilience.jmh.benchmark;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;

/**
 * Asynchronous calls that succeed: with a completed stage, and with one that the same thread completes after the policy has
 * returned.
 */
public abstract class AsyncBenchmark extends PolicyBenchmark {
  private final CompletableFuture<Integer> complete = CompletableFuture.completedFuture(42);

  /** The body whose stage is complete. */
  protected final Supplier<CompletionStage<Integer>> completed = () -> complete;

  @Benchmark
  public CompletionStage<Integer> emptyCompleted() {
    return completed.get();
  }

  @Benchmark
  public CompletionStage<Integer> emptyLater(PendingResult pending) {
    return pending.come(pending.get());
  }
}
