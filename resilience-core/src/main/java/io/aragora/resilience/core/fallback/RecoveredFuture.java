package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.call.PolicyFuture;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call with a fallback.
 *
 * @param <T> the type of the value
 */
final class RecoveredFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final FallbackPipeline<T> pipeline;

  RecoveredFuture(FallbackPipeline<T> pipeline) {
    this.pipeline = pipeline;
  }

  void start(CompletableFuture<T> inner) {
    follow(inner);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    if (failure == null) {
      endAs(value, null);
      return;
    }
    try {
      complete(pipeline.recover(failure));
    } catch (Throwable e) {
      completeExceptionally(e);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {}
}
