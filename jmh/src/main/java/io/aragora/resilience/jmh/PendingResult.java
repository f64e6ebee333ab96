package io.aragora.resilience.jmh;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** An asynchronous body of one thread, whose result comes when that thread says so. */
@State(Scope.Thread)
public class PendingResult implements Supplier<CompletionStage<Integer>> {
  private CompletableFuture<Integer> pending;

  @Override
  public CompletableFuture<Integer> get() {
    pending = new CompletableFuture<>();
    return pending;
  }

  /**
   * Lets the result come.
   *
   * @param outer what the policy made of it
   * @return the same
   * @throws IllegalStateException if the result does not reach it at once
   */
  final <F extends CompletionStage<Integer>> F come(F outer) {
    pending.complete(42);
    if (!outer.toCompletableFuture().isDone()) {
      throw new IllegalStateException("the result has not arrived");
    }
    return outer;
  }
}
