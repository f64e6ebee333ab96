package io.aragora.resilience.core.call;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under a policy of the application. The policy may return a stage that
 * depends on what runs inside it. Cancelling that stage does not reach the inside and carries no
 * cause, so this future cancels both.
 *
 * @param <T> the type of the value
 */
final class ForeignFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private volatile @Nullable CompletableFuture<T> inside;
  private volatile @Nullable Throwable stop;

  /**
   * Starts what is inside the policy, each time the policy asks for it and the call is not stopped.
   */
  CompletableFuture<T> startInside(Supplier<CompletableFuture<T>> start) {
    Throwable before = stop;
    if (before != null) {
      return CompletableFuture.failedFuture(before);
    }
    CompletableFuture<T> started = start.get();
    inside = started;
    // Volatile read after the write of inside; the thread that stops the call writes the cause,
    // then reads inside. If either were weaker, what was just started could run on. Stress:
    // ForeignFutureStress.StartedInsideIsCancelled.
    Throwable meanwhile = stop;
    if (meanwhile != null) {
      cancel(started, meanwhile, null);
    }
    return started;
  }

  void watch(CompletableFuture<T> given) {
    follow(shared(given));
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      endAs(value, failure);
    }
  }

  /** Cancels the inside first, because only the inside receives the cause. */
  @Override
  protected void cancelInner(Throwable cause, @Nullable Executor afterwards) {
    stop = cause;
    CompletableFuture<T> running = inside;
    if (running != null) {
      cancel(running, cause, afterwards);
    }
    super.cancelInner(cause, afterwards);
  }

  @Override
  protected void onEndedOutside(Throwable cause) {}
}
