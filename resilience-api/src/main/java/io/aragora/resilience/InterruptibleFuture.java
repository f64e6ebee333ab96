package io.aragora.resilience;

import io.aragora.resilience.internal.RejectedByExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The future of a blocking body on an executor, whose cancellation interrupts the body: {@link CompletableFuture} by itself
 * only forgets about it.
 *
 * @param <T> the type of the value
 */
final class InterruptibleFuture<T extends @Nullable Object> extends CompletableFuture<T>
    implements Runnable {
  private final CheckedSupplier<? extends T, ?> body;

  /** The thread inside the body; guarded by this, so that no interrupt is sent to a thread that has left it. */
  private @Nullable Thread runner;

  private InterruptibleFuture(CheckedSupplier<? extends T, ?> body) {
    this.body = body;
  }

  static <T extends @Nullable Object> CompletableFuture<T> start(
      CheckedSupplier<? extends T, ?> body, Executor executor, CallContext context) {
    InterruptibleFuture<T> future = new InterruptibleFuture<>(() -> context.call(body));
    try {
      executor.execute(future);
    } catch (Throwable e) {
      // Whatever it throws, the executor did not take the body.
      future.completeExceptionally(new RejectedByExecutor(e));
    }
    return future;
  }

  @Override
  public void run() {
    if (!enter()) {
      return;
    }
    T value;
    try {
      value = body.get();
    } catch (Throwable e) {
      leave();
      completeExceptionally(e);
      return;
    }
    leave();
    complete(value);
  }

  private synchronized boolean enter() {
    if (isDone()) {
      return false;
    }
    runner = Thread.currentThread();
    return true;
  }

  /** Afterwards no interrupt of ours is sent; one that was sent belongs to this body and must not reach the pool. */
  private synchronized void leave() {
    runner = null;
    if (isCancelled()) {
      Thread.interrupted();
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    if (cancelled && mayInterruptIfRunning) {
      synchronized (this) {
        if (runner != null) {
          runner.interrupt();
        }
      }
    }
    return cancelled;
  }
}
