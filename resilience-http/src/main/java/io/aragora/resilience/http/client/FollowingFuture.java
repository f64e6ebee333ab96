package io.aragora.resilience.http.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A future that goes on from another one, and cancels that where it is itself ended from outside. */
final class FollowingFuture {
  private FollowingFuture() {}

  /** Goes on from what a future ended with. */
  @FunctionalInterface
  interface Continuation<S, T> {
    CompletionStage<T> after(@Nullable S value, @Nullable Throwable failure) throws Throwable;
  }

  @SuppressWarnings("NullAway") // a future that does not fail has what it is said to have
  static <S, T> CompletableFuture<T> of(
      CompletableFuture<S> source, Continuation<? super S, T> next) {
    CompletableFuture<T> future = new CompletableFuture<>();
    var unusedSource = source.whenComplete((value, failure) -> {
      try {
        var unusedNext = next.after(value, Failures.unwrapped(failure)).whenComplete((last, e) -> {
          if (e == null) {
            future.complete(last);
          } else {
            future.completeExceptionally(Failures.unwrapped(e));
          }
        });
      } catch (Throwable e) {
        future.completeExceptionally(e);
      }
    });
    var unusedEnd = future.whenComplete((value, failure) -> source.cancel(true));
    return future;
  }
}
