package io.aragora.resilience.reactor;

import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A policy of an application, which passes calls on. */
final class Plain implements Policy {
  @Override
  public String name() {
    return "plain";
  }

  @Override
  public <T, X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X {
    return body.get();
  }

  @Override
  public <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
    return body.get().toCompletableFuture();
  }

  @Override
  public String toString() {
    return name();
  }
}
