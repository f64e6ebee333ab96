package io.aragora.resilience.core.call;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.GuardedLog;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The future that an asynchronous policy returns. It ends once: by what runs inside, or from outside, when somebody else
 * completes it; then what runs inside is cancelled.
 *
 * @param <T> the type of the value
 */
public abstract class PolicyFuture<T extends @Nullable Object> extends CompletableFuture<T> {
  /** By volatile CAS: of the inner end, a limit and the outside one wins. Stress: PolicyFutureStress.EndsOnce. */
  private static final VarHandle ENDED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "ended", VarHandle.class, PolicyFuture.class, boolean.class);

  private static final GuardedLog LOG = GuardedLog.of(PolicyFuture.class);

  /** Loaded in time: to load a class where the stack is short takes more than is left. */
  @SuppressWarnings("unused")
  private static final Class<?> LOADED = Ending.class;

  private volatile boolean ended;
  private volatile @Nullable CompletableFuture<T> inner;
  private volatile @Nullable Throwable cancellation;

  /** Makes a future that nobody has completed. */
  protected PolicyFuture() {}

  /**
   * Called once, if what ran inside ended first.
   *
   * @param value its value; null if it failed
   * @param failure what it failed with, unwrapped; null if it did not
   */
  protected abstract void onInnerEnded(@Nullable T value, @Nullable Throwable failure);

  /**
   * Called once, if the future was completed from outside, before what runs inside is cancelled: that may run foreign code.
   *
   * @param cause what it was completed with; a {@link DeadlineCancellation} if a limit around it was reached
   */
  protected abstract void onEndedOutside(Throwable cause);

  /**
   * Watches what runs inside.
   *
   * @param started the inner future
   */
  protected final void follow(CompletableFuture<T> started) {
    try {
      attach(started);
    } catch (Throwable e) {
      // The stage is the application's, and any of its methods may throw.
      innerEnded(null, e);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback ends this future
  private void attach(CompletableFuture<T> started) {
    if (started.isDone() && !started.isCompletedExceptionally()) {
      innerEnded(started.join(), null);
      return;
    }
    inner = started;
    // Not whenComplete: its stage would wrap a failure in an exception with a stack trace.
    started.handle((value, failure) -> {
      innerEnded(value, failure == null ? null : Failures.unwrap(failure));
      return null;
    });
    // Volatile read after the write of inner; whoever cancels writes the cause, then reads inner.
    // If either were weaker, what runs inside could run on. Stress:
    // PolicyFutureStress.StartedCallIsCancelled.
    Throwable cause = cancellation;
    if (cause != null) {
      cancel(started, cause);
    }
  }

  /**
   * Whatever goes wrong in here, the future ends, and as the body did: nobody else would end it, since what is thrown into a
   * stage is lost.
   */
  private void innerEnded(@Nullable T value, @Nullable Throwable failure) {
    try {
      StackRoom.forCall();
    } catch (StackOverflowError e) {
      // The application ended its stage deep inside its own calls. What is thrown into a stage is
      // lost, so the call ends on a thread that has room.
      Thread elsewhere =
          new Thread(null, new Ending<>(this, value, failure), "resilience-end", 0, false);
      elsewhere.setDaemon(true);
      elsewhere.start();
      return;
    }
    try {
      onInnerEnded(value, failure);
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.ERROR, "the end of an asynchronous call could not be handled", e);
      if (claimEnd() || !isDone()) {
        endAs(value, failure);
      }
    }
  }

  /**
   * Claims the end for what runs inside, or for a limit.
   *
   * @return whether the caller may complete this future; false if it was completed from outside
   */
  protected final boolean claimEnd() {
    return ENDED.compareAndSet(this, false, true);
  }

  /**
   * Completes this future as what ran inside ended. To be called by whoever claimed the end.
   *
   * @param value its value; null if it failed
   * @param failure what it failed with; null if it did not
   */
  @SuppressWarnings("NullAway") // the value is null only where T admits it
  protected final void endAs(@Nullable T value, @Nullable Throwable failure) {
    if (failure == null) {
      complete(value);
    } else {
      completeExceptionally(failure);
    }
  }

  /**
   * Tells whether the end was claimed, by whomever.
   *
   * @return whether it was
   */
  protected final boolean hasEnded() {
    return ended;
  }

  /**
   * Cancels what runs inside.
   *
   * @param cause why
   */
  protected void cancelInner(Throwable cause) {
    cancellation = cause;
    CompletableFuture<T> running = inner;
    if (running != null) {
      cancel(running, cause);
    }
  }

  private void endOutside(@Nullable Throwable failure) {
    if (claimEnd()) {
      Throwable cause =
          failure != null ? failure : new CancellationException("completed from outside");
      try {
        onEndedOutside(cause);
      } finally {
        cancelInner(cause);
      }
    }
  }

  // Whatever completes a future from outside comes through one of these. Watching for it with a
  // stage of our own would make three more objects for each call.

  @Override
  public boolean complete(T value) {
    boolean isFirst = super.complete(value);
    if (isFirst) {
      endOutside(null);
    }
    return isFirst;
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    boolean isFirst = super.completeExceptionally(failure);
    if (isFirst) {
      endOutside(failure);
    }
    return isFirst;
  }

  @Override
  public boolean cancel(boolean mayInterrupt) {
    boolean isCancelled = super.cancel(mayInterrupt);
    if (isCancelled) {
      endOutside(null);
    }
    return isCancelled;
  }

  @Override
  public CompletableFuture<T> completeAsync(Supplier<? extends T> supplier, Executor executor) {
    executor.execute(() -> {
      if (isDone()) {
        return;
      }
      try {
        complete(supplier.get());
      } catch (Throwable e) {
        completeExceptionally(e);
      }
    });
    return this;
  }

  @Override
  public void obtrudeValue(T value) {
    super.obtrudeValue(value);
    endOutside(null);
  }

  @Override
  public void obtrudeException(Throwable failure) {
    super.obtrudeException(failure);
    endOutside(failure);
  }

  /**
   * Cancels a future. One of ours takes the cause along, so that a breaker inside can tell a limit of ours from somebody's
   * cancellation.
   *
   * @param future the future
   * @param cause why
   */
  protected static void cancel(CompletableFuture<?> future, Throwable cause) {
    try {
      if (future instanceof PolicyFuture<?>) {
        future.completeExceptionally(cause);
      } else if (cause instanceof DeadlineCancellation deadline) {
        deadline.cancel(future);
      } else {
        future.cancel(true);
      }
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.WARNING, "what runs inside a call could not be cancelled", e);
    }
  }

  /** A class, not a lambda: that would be linked here for the first time, which takes far more stack than there is. */
  private static final class Ending<T extends @Nullable Object> implements Runnable {
    private final PolicyFuture<T> future;
    private final @Nullable T value;
    private final @Nullable Throwable failure;

    Ending(PolicyFuture<T> future, @Nullable T value, @Nullable Throwable failure) {
      this.future = future;
      this.value = value;
      this.failure = failure;
    }

    @Override
    public void run() {
      future.innerEnded(value, failure);
    }
  }
}
