package io.aragora.resilience.core.call;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call under somebody else's policy. The future that the policy gives may be a stage that depends on what runs
 * inside it, whose cancellation goes no further, and never says why: so both are cancelled from here.
 *
 * @param <T> the type of the value
 */
final class ForeignFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private volatile @Nullable CompletableFuture<T> inside;
  private volatile @Nullable Throwable stop;

  /** Starts what is inside the policy, as often as that asks for it while the call is not stopped. */
  CompletableFuture<T> startInside(Supplier<CompletableFuture<T>> start) {
    Throwable before = stop;
    if (before != null) {
      return CompletableFuture.failedFuture(before);
    }
    CompletableFuture<T> started = start.get();
    inside = started;
    // Volatile read after the write of inside; who stops the call writes why, then reads inside. If
    // either were weaker, what was just started could run on. Stress:
    // ForeignFutureStress.StartedInsideIsCancelled.
    Throwable meanwhile = stop;
    if (meanwhile != null) {
      cancel(started, meanwhile);
    }
    return started;
  }

  void watch(CompletableFuture<T> given) {
    follow(given);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      endAs(value, failure);
    }
  }

  /** What is inside first, since only it is told why. */
  @Override
  protected void cancelInner(Throwable cause) {
    stop = cause;
    CompletableFuture<T> running = inside;
    if (running != null) {
      cancel(running, cause);
    }
    super.cancelInner(cause);
  }

  @Override
  protected void onEndedOutside(Throwable cause) {}
}
