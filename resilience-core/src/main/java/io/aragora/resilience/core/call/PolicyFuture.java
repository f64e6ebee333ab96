package io.aragora.resilience.core.call;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The future that an asynchronous policy returns. It ends once: by what runs inside, or from outside, when somebody else
 * completes it; then what runs inside is cancelled.
 *
 * @param <T> the type of the value
 */
public abstract class PolicyFuture<T extends @Nullable Object> extends CompletableFuture<T> {
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable CompletableFuture<T> inner;
  private volatile @Nullable Throwable cancellation;

  /** Makes a future that watches for being completed from outside. */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback is all there is to it
  protected PolicyFuture() {
    whenComplete((value, failure) -> {
      if (ended.compareAndSet(false, true)) {
        Throwable cause =
            failure != null ? failure : new CancellationException("completed from outside");
        cancelInner(cause);
        onEndedOutside(cause);
      }
    });
  }

  /**
   * Called once, if what ran inside ended first.
   *
   * @param value its value; null if it failed
   * @param failure what it failed with, unwrapped; null if it did not
   */
  protected abstract void onInnerEnded(@Nullable T value, @Nullable Throwable failure);

  /**
   * Called once, if the future was completed from outside; what ran inside is cancelled already.
   *
   * @param cause what it was completed with; a {@link DeadlineCancellation} if a limit around it was reached
   */
  protected abstract void onEndedOutside(Throwable cause);

  /**
   * Watches what runs inside.
   *
   * @param started the inner future
   */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback ends this future
  protected final void follow(CompletableFuture<T> started) {
    inner = started;
    started.whenComplete((value, failure) -> {
      if (inner == started) {
        onInnerEnded(value, Failures.unwrap(failure));
      }
    });
    // Volatile read after the write of inner; whoever cancels writes the cause, then reads inner.
    // One of us sees the other's.
    Throwable cause = cancellation;
    if (cause != null) {
      cancel(started, cause);
    }
  }

  /**
   * Claims the end for what runs inside, or for a limit.
   *
   * @return whether the caller may complete this future; false if it was completed from outside
   */
  protected final boolean claimEnd() {
    return ended.compareAndSet(false, true);
  }

  /**
   * Tells whether the end was claimed, by whomever.
   *
   * @return whether it was
   */
  protected final boolean hasEnded() {
    return ended.get();
  }

  /**
   * Cancels what runs inside.
   *
   * @param cause why
   */
  protected final void cancelInner(Throwable cause) {
    cancellation = cause;
    CompletableFuture<T> running = inner;
    if (running != null) {
      cancel(running, cause);
    }
  }

  private static void cancel(CompletableFuture<?> future, Throwable cause) {
    // One of ours takes the cause along, so that a breaker inside can tell a limit of ours from
    // somebody's cancellation.
    if (future instanceof PolicyFuture<?>) {
      future.completeExceptionally(cause);
    } else {
      future.cancel(true);
    }
  }
}
