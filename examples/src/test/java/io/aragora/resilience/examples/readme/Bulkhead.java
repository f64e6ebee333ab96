package io.aragora.resilience.examples.readme;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.Policy;
import io.aragora.resilience.ResilienceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

// readme: extending policy
/** At most so many calls at once; the others are refused. */
record Bulkhead(String name, Semaphore places) implements Policy {
  @Override
  public <T, X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X {
    if (!places.tryAcquire()) {
      throw refusal();
    }
    try {
      return body.get();
    } finally {
      places.release();
    }
  }

  @Override
  public <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
    if (!places.tryAcquire()) {
      return CompletableFuture.failedFuture(refusal());
    }
    try {
      CompletableFuture<T> future = body.get().toCompletableFuture();
      future.whenComplete((value, failure) -> places.release());
      return future;
    } catch (Throwable e) { // also of a body that gives null
      places.release();
      return CompletableFuture.failedFuture(e);
    }
  }

  private ResilienceException refusal() {
    return new ResilienceException("all places of bulkhead '" + name + "' are taken");
  }
}
// end
