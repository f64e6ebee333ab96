package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call with a fallback.
 *
 * @param <T> the type of the value
 */
final class RecoveredFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final FallbackPipeline<T> pipeline;
  private final ContextCarrier.@Nullable Carried carried;

  RecoveredFuture(FallbackPipeline<T> pipeline, ContextCarrier.@Nullable Carried carried) {
    this.pipeline = pipeline;
    this.carried = carried;
  }

  void start(CompletableFuture<T> inner) {
    follow(inner);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    try {
      complete(
          carried == null
              ? result(value, failure)
              : carried.<T, Throwable>call(() -> result(value, failure)));
    } catch (Throwable e) {
      completeExceptionally(e);
    }
  }

  @SuppressWarnings("NullAway") // the value is null only if T admits it
  private T result(@Nullable T value, @Nullable Throwable failure) throws Throwable {
    return failure == null
        ? pipeline.judged(value)
        : pipeline.<Throwable>recover(failure, CallEnd.ofFuture(failure), failure);
  }

  @Override
  protected void onEndedOutside(Throwable cause) {}
}
