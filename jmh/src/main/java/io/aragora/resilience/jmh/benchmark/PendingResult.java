package io.aragora.resilience.jmh.benchmark;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** An asynchronous body of one thread, which that thread completes. */
@State(Scope.Thread)
public class PendingResult implements Supplier<CompletionStage<Integer>> {
  private CompletableFuture<Integer> pending;

  @Override
  public CompletableFuture<Integer> get() {
    pending = new CompletableFuture<>();
    return pending;
  }

  /**
   * Completes the result.
   *
   * @param outer the policy's future
   * @return the same
   * @throws IllegalStateException if the result does not reach {@code outer} at once
   */
  final <F extends CompletionStage<Integer>> F come(F outer) {
    pending.complete(42);
    if (!outer.toCompletableFuture().isDone()) {
      throw new IllegalStateException("the result has not arrived");
    }
    return outer;
  }
}
