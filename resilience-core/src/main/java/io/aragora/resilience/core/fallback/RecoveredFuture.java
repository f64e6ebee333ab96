package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.call.PolicyFuture;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
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
  @SuppressWarnings("NullAway") // the value is null only where T admits it
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    if (failure == null) {
      complete(value);
      return;
    }
    Function<Throwable, ? extends T> rule = pipeline.ruleFor(failure);
    if (rule == null) {
      completeExceptionally(failure);
      return;
    }
    try {
      complete(pipeline.value(rule, failure));
    } catch (Throwable e) {
      completeExceptionally(e);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {}
}
