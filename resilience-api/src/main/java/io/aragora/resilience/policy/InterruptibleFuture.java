package io.aragora.resilience.policy;

import io.aragora.resilience.internal.BodyThread;
import io.aragora.resilience.internal.CallFrame;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.internal.CancellableBody;
import io.aragora.resilience.internal.CancellableCall;
import io.aragora.resilience.internal.CancellationHandlers;
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
    implements Runnable, CancellableBody, CancellableCall {
  private final CheckedSupplier<? extends T, ?> body;
  private final CallContext context;

  private final BodyThread inside = new BodyThread();

  /** Whether a thread has entered the body. Publishes nothing else. */
  private volatile boolean begun;

  /**
   * Set before the cancellation, so that a body which that overtakes finds it. Volatile: pairs with the read after the
   * body.
   */
  private volatile @Nullable Consumer<@Nullable Object> late;

  /** Created by the first handler, under the lock of this. */
  private volatile @Nullable CancellationHandlers handlers;

  @SuppressWarnings("this-escape") // nothing asks the context before the executor has the future
  private InterruptibleFuture(CheckedSupplier<? extends T, ?> body) {
    this.body = body;
    CallFrame frame = CallFrames.ofThread().top();
    this.context = frame == null ? NoCallContext.INSTANCE : (CallContext) frame.captureFor(this);
  }

  /**
   * Starts a body on an executor, in the call context of the calling thread.
   *
   * @param body the body
   * @param executor runs the body
   * @param <T> the type of its value
   * @return its future; failed with a {@link RejectedByExecutor} if the executor threw
   */
  static <T extends @Nullable Object> CompletableFuture<T> start(
      CheckedSupplier<? extends T, ?> body, Executor executor) {
    InterruptibleFuture<T> future = new InterruptibleFuture<>(body);
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
      value = inContext();
    } catch (Throwable e) {
      inside.leave();
      completeExceptionally(e);
      return;
    }
    inside.leave();
    if (!complete(value)) {
      Consumer<@Nullable Object> consumer = late;
      if (consumer != null) {
        consumer.accept(value);
      }
    }
  }

  @SuppressWarnings("unchecked") // every exception is a Throwable
  private T inContext() throws Throwable {
    return context.<T, Throwable>call((CheckedSupplier<? extends T, Throwable>) body);
  }

  private boolean enter() {
    inside.enter();
    if (isDone()) {
      inside.leave();
      return false;
    }
    begun = true;
    return true;
  }

  @Override
  public void cancel(Consumer<@Nullable Object> consumer) {
    late = consumer;
    cancel(true);
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  @Override
  public boolean hasHandlers() {
    return handlers != null;
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean cancelled = super.cancel(mayInterruptIfRunning);
    if (cancelled) {
      if (mayInterruptIfRunning) {
        inside.interrupt();
      }
      // Volatile read after the cancellation; the thread that registers a handler writes the field,
      // then looks whether the future is cancelled. Were either weaker, the handler could be left
      // behind. Stress: InterruptibleFutureStress.HandlerRunsOnce.
      CancellationHandlers registered = handlers;
      if (registered != null) {
        registered.cancel();
      }
    }
    return cancelled;
  }

  @Override
  public boolean onCancel(Runnable handler) {
    if (isDone() && !isCancelled()) {
      return false;
    }
    boolean isRegistered = handlers().onCancel(handler);
    if (isCancelled()) {
      handlers().cancel();
    }
    return isRegistered;
  }

  private CancellationHandlers handlers() {
    CancellationHandlers present = handlers;
    if (present == null) {
      synchronized (this) {
        present = handlers;
        if (present == null) {
          present = new CancellationHandlers();
          handlers = present;
        }
      }
    }
    return present;
  }
}
