package io.aragora.resilience.examples.readme;

import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

// readme: extending policy
/** Bounds how many calls run at once, and rejects the others. */
record Turnstile(String name, Semaphore permits) implements Policy {
  @Override
  public <T, X extends Throwable> T call(CheckedSupplier<? extends T, X> body) throws X {
    if (!permits.tryAcquire()) {
      throw rejection();
    }
    try {
      return body.get();
    } finally {
      permits.release();
    }
  }

  @Override
  public <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
    if (!permits.tryAcquire()) {
      return CompletableFuture.failedFuture(rejection());
    }
    try {
      CompletableFuture<T> future = body.get().toCompletableFuture();
      future.whenComplete((value, failure) -> permits.release());
      return future;
    } catch (Throwable e) { // also if the body returns null
      permits.release();
      return CompletableFuture.failedFuture(e);
    }
  }

  private ResilienceException rejection() {
    return new ResilienceException("all permits of turnstile '" + name + "' are in use");
  }
}
// end
