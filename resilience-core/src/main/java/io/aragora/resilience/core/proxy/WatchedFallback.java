package io.aragora.resilience.core.proxy;

import io.aragora.resilience.core.call.PolicyFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The stage that the method of a fallback returned. An observer is told that its value replaces a failure, before the caller has the
 * value. The stage may be a class of the application, each method of which may throw.
 *
 * @param <T> the type of the value
 */
final class WatchedFallback<T extends @Nullable Object> extends PolicyFuture<T> {
  private final Throwable replaced;
  private final Consumer<Throwable> used;

  private WatchedFallback(Throwable replaced, Consumer<Throwable> used) {
    this.replaced = replaced;
    this.used = used;
  }

  /**
   * Watches a stage.
   *
   * @param stage the stage
   * @param replaced the failure that its value replaces
   * @param used receives that failure if there is a value; must not throw
   */
  static <T extends @Nullable Object> CompletionStage<T> of(
      CompletionStage<T> stage, Throwable replaced, Consumer<Throwable> used) {
    WatchedFallback<T> watched = new WatchedFallback<>(replaced, used);
    watched.follow(shared(stage.toCompletableFuture()));
    return watched;
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      if (failure == null) {
        used.accept(replaced);
      }
      endAs(value, failure);
    }
  }

  /** A call that ended meanwhile has no use for the value. */
  @Override
  protected void onEndedOutside(Throwable cause) {}
}
