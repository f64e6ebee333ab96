package io.aragora.resilience.http.client;

import io.aragora.resilience.internal.ClaimedFuture;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A future that continues another one, and stops it if it is itself ended from outside. */
final class FollowingFuture<T> extends ClaimedFuture<T> {
  private final Consumer<@Nullable T> over;

  /** Completed if this future was ended from outside. */
  private final CompletableFuture<@Nullable Void> stopped = new CompletableFuture<>();

  private FollowingFuture(Consumer<@Nullable T> over) {
    this.over = over;
  }

  /** Continues with the end of a future. */
  @FunctionalInterface
  interface Continuation<S, T> {
    CompletionStage<T> after(@Nullable S value, @Nullable Throwable failure) throws Throwable;
  }

  /**
   * Creates a future.
   *
   * @param source the future that it continues
   * @param next the continuation
   * @param stop stops the source if the future is ended from outside
   * @param over receives the value, or null, before any continuation of the future runs
   */
  static <S, T> CompletableFuture<T> of(
      CompletableFuture<S> source,
      Continuation<? super S, T> next,
      Runnable stop,
      Consumer<@Nullable T> over) {
    FollowingFuture<T> future = new FollowingFuture<>(over);
    var unusedSource = source.whenComplete((value, failure) -> {
      try {
        CompletableFuture<T> then =
            next.after(value, Failures.unwrapped(failure)).toCompletableFuture();
        var unusedNext = then.whenComplete(future::end);
        var unusedEnd = future.stopped.thenRun(() -> then.cancel(true));
      } catch (Throwable e) {
        future.end(null, e);
      }
    });
    var unusedStop = future.stopped.thenRun(() -> {
      if (!source.isDone()) {
        stop.run();
      }
    });
    return future;
  }

  @SuppressWarnings("NullAway") // a future that did not fail has a value of its type
  private void end(@Nullable T value, @Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    try {
      over.accept(value);
    } finally {
      if (failure == null) {
        complete(value);
      } else {
        completeExceptionally(Failures.unwrapped(failure));
      }
    }
  }

  @Override
  protected void onClaimedOutside(Throwable cause, Executor afterwards) {
    try {
      over.accept(null);
    } finally {
      stopped.complete(null);
    }
  }
}
