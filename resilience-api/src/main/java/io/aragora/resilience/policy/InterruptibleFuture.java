package io.aragora.resilience.policy;

import io.aragora.resilience.internal.CancellableBody;
import io.aragora.resilience.internal.RejectedByExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The future of a blocking body on an executor, whose cancellation interrupts the body. A plain {@link
 * CompletableFuture} does not interrupt.
 *
 * @param <T> the type of the value
 */
final class InterruptibleFuture<T extends @Nullable Object> extends CompletableFuture<T>
    implements Runnable, CancellableBody {
  private final CheckedSupplier<? extends T, ?> body;

  /** The thread inside the body; guarded by this, so that no interrupt is sent to a thread that has left it. */
  private @Nullable Thread runner;

  /**
   * Set before the cancellation, so that a body which that overtakes finds it. Volatile: pairs with the read after the
   * body.
   */
  private volatile @Nullable Consumer<@Nullable Object> late;

  private InterruptibleFuture(CheckedSupplier<? extends T, ?> body) {
    this.body = body;
  }

  /**
   * Starts a body on an executor.
   *
   * @param body the body
   * @param executor runs the body
   * @param context the call context of the body
   * @param <T> the type of its value
   * @return its future; failed with a {@link RejectedByExecutor} if the executor threw
   */
  static <T extends @Nullable Object> CompletableFuture<T> start(
      CheckedSupplier<? extends T, ?> body, Executor executor, CallContext context) {
    InterruptibleFuture<T> future = new InterruptibleFuture<>(() -> context.call(body));
    try {
      executor.execute(future);
    } catch (Throwable e) {
      // An executor that throws has not accepted the body.
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
    if (!complete(value)) {
      Consumer<@Nullable Object> consumer = late;
      if (consumer != null) {
        consumer.accept(value);
      }
    }
  }

  private synchronized boolean enter() {
    if (isDone()) {
      return false;
    }
    runner = Thread.currentThread();
    return true;
  }

  /**
   * After this the future sends no interrupt. An interrupt that it sent before belongs to this body and must not reach
   * the pool.
   */
  private synchronized void leave() {
    runner = null;
    if (isCancelled()) {
      Thread.interrupted();
    }
  }

  @Override
  public void cancel(Consumer<@Nullable Object> consumer) {
    late = consumer;
    cancel(true);
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
