package io.aragora.resilience.core;

import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A coalescer as a policy, all of whose calls have one key.
 *
 * @param coalescer the coalescer
 */
public record CoalescedCalls(Coalescer<String, Object> coalescer) implements Policy {
  private static final String KEY = "key";

  @Override
  public String name() {
    return coalescer.name();
  }

  @Override
  @SuppressWarnings("unchecked") // a body's own value
  public <T extends @Nullable Object, X extends Throwable> T call(
      CheckedSupplier<? extends T, X> body) throws X {
    return (T) coalescer.call(KEY, body::get);
  }

  @Override
  @SuppressWarnings("unchecked") // a body's own value
  public <T extends @Nullable Object> CompletableFuture<T> callAsync(
      Supplier<? extends CompletionStage<T>> body) {
    Function<Object, T> own = value -> (T) value;
    CompletableFuture<Object> call =
        coalescer.callAsync(KEY, () -> (CompletionStage<Object>) (CompletionStage<?>) body.get());
    return call.thenApply(own);
  }
}
