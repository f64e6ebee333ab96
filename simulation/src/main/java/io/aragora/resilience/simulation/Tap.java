package io.aragora.resilience.simulation;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A stage like another one. It notes how that ends before others see it, and passes a cancellation on. */
final class Tap extends CompletableFuture<Object> {
  private final CompletableFuture<Object> source;
  private final Runnable onCancel;

  private Tap(CompletableFuture<Object> source, Runnable onCancel) {
    this.source = source;
    this.onCancel = onCancel;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the tap is what is returned
  static Tap on(
      CompletionStage<Object> stage,
      BiConsumer<@Nullable Object, @Nullable Throwable> noted,
      Runnable onCancel) {
    CompletableFuture<Object> source = stage.toCompletableFuture();
    Tap tap = new Tap(source, onCancel);
    Schedule schedule = Life.current().schedule();
    source.whenComplete((value, thrown) -> {
      Throwable failure = thrown instanceof CompletionException && thrown.getCause() != null
          ? thrown.getCause()
          : thrown;
      try {
        noted.accept(value, failure);
      } catch (Abandoned e) {
        return;
      } catch (Throwable e) {
        schedule.fail(e);
      }
      if (failure != null) {
        tap.completeExceptionally(failure);
      } else {
        tap.complete(value);
      }
    });
    return tap;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    if (!isDone()) {
      onCancel.run();
      source.cancel(mayInterruptIfRunning);
    }
    return isCancelled() || super.cancel(mayInterruptIfRunning);
  }
}
