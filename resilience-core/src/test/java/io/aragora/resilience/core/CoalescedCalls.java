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
 * @param key the key
 */
public record CoalescedCalls(Coalescer<String, Object> coalescer, String key) implements Policy {
  /**
   * Creates calls of a key that has no meaning.
   *
   * @param coalescer the coalescer
   */
  public CoalescedCalls(Coalescer<String, Object> coalescer) {
    this(coalescer, "key");
  }

  @Override
  public String name() {
    return coalescer.name();
  }

  @Override
  @SuppressWarnings("unchecked") // a body's own value
  public <T extends @Nullable Object, X extends Throwable> T call(
      CheckedSupplier<? extends T, X> body) throws X {
    return (T) coalescer.call(key, body::get);
  }

  @Override
  @SuppressWarnings("unchecked") // a body's own value
  public <T extends @Nullable Object> CompletableFuture<T> callAsync(
      Supplier<? extends CompletionStage<T>> body) {
    Function<Object, T> own = value -> (T) value;
    CompletableFuture<Object> call =
        coalescer.callAsync(key, () -> (CompletionStage<Object>) (CompletionStage<?>) body.get());
    return call.thenApply(own);
  }
}
