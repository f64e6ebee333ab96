package io.aragora.resilience.http.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A future that continues another one, and stops it if it is itself ended from outside. */
final class FollowingFuture {
  private FollowingFuture() {}

  /** Continues with the end of a future. */
  @FunctionalInterface
  interface Continuation<S, T> {
    CompletionStage<T> after(@Nullable S value, @Nullable Throwable failure) throws Throwable;
  }

  @SuppressWarnings("NullAway") // a future that did not fail has a value of its type
  static <S, T> CompletableFuture<T> of(
      CompletableFuture<S> source, Continuation<? super S, T> next, Runnable stop) {
    CompletableFuture<T> future = new CompletableFuture<>();
    var unusedSource = source.whenComplete((value, failure) -> {
      try {
        CompletableFuture<T> then =
            next.after(value, Failures.unwrapped(failure)).toCompletableFuture();
        var unusedNext = then.whenComplete((last, e) -> {
          if (e == null) {
            future.complete(last);
          } else {
            future.completeExceptionally(Failures.unwrapped(e));
          }
        });
        var unusedEnd = future.whenComplete((last, e) -> then.cancel(true));
      } catch (Throwable e) {
        future.completeExceptionally(e);
      }
    });
    var unusedStop = future.whenComplete((value, failure) -> {
      if (!source.isDone()) {
        stop.run();
      }
    });
    return future;
  }
}
