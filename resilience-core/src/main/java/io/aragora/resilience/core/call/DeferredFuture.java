package io.aragora.resilience.core.call;

import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.OwnedOperation;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.ResilienceClosedException;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that waits before its body starts. The body starts once, on the executor for attempts.
 *
 * @param <T> the type of the value
 */
public abstract class DeferredFuture<T extends @Nullable Object> extends PolicyFuture<T>
    implements Runnable {
  /*
   * The wait ends on a thread of the dispatcher (run), after the timer or another thread woke the call. One operation of the timer
   * serves for the end of the wait and for another try. It is armed and cancelled under its monitor, by any thread.
   *
   * The start of the body looks for the end before and after: a body that starts while the future is ended from outside is
   * cancelled, as that of any future is (PolicyFuture).
   *
   * If the heap is full, a step fails after its call has left the wait, or after the end was claimed. No other code would end the
   * call, so the step is tried again: the end that was claimed is kept, and completed first.
   */
  private static final long AGAIN_NANOS = 10_000_000L;

  private static final int NOT_STARTED = 0;
  private static final int STARTED = 1;
  private static final int PREVENTED = 2;

  /**
   * Volatile CAS: of the tasks that start the body and the thread that ends the call without it exactly one decides. A hand-over
   * that is tried again may add a task. Stress: CoreBulkheadStress.BodyStartsOnce.
   */
  private static final VarHandle START = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "start", VarHandle.class, DeferredFuture.class, int.class);

  private final Dispatcher dispatcher;
  private final Timer timer;
  private final CapturedContext context;
  private final ContextCarrier.@Nullable Carried carried;
  private final PolicyChain chain;
  private final int index;
  private final Supplier<? extends CompletionStage<T>> body;
  private final WaitEnd waitEnd = new WaitEnd(this);

  /** Whether the body was started, or is being started, or never will be. The thread that ends this future reads it. */
  private volatile int start;

  private volatile @Nullable AcceptedTask acceptedTask;

  // Guarded by the monitor of waitEnd.
  private boolean isOver;
  private boolean isTriedAgain;

  /** Returns the failure of this future, whose end was claimed and could not be completed; else null. */
  private @Nullable Supplier<? extends Throwable> ending;

  /**
   * Creates a future whose call does not wait yet.
   *
   * @param dispatcher ends the wait
   * @param timer times the wait
   * @param context the context of the call
   * @param chain the policies of the call
   * @param index the place of the policy inside, in the chain
   * @param body starts the work
   */
  protected DeferredFuture(
      Dispatcher dispatcher,
      Timer timer,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    this.dispatcher = dispatcher;
    this.timer = timer;
    this.context = context;
    this.carried = dispatcher.carrier().capture();
    this.chain = chain;
    this.index = index;
    this.body = body;
  }

  /** Called on a thread of the dispatcher, each time the call was woken. What it throws is tried again. */
  protected abstract void onWoken();

  /** Called on the thread that starts the body, before it does. */
  protected void onStarting() {}

  /**
   * Called once, if the call has to end without its body or if that could not start. The thread has claimed the end.
   *
   * @param failure the failure that ends the call
   */
  protected void onEndedHere(Throwable failure) {}

  /** {@return what ends a call whose runtime is closed} */
  protected abstract ResilienceClosedException closed();

  /** Wakes the call. The executor may be the application's and may block, so the dispatcher hands over. */
  public final void wake() {
    dispatcher.endCall(this);
  }

  /**
   * Sets the time at which the call is woken, unless its wait is over.
   *
   * @param nanos the time, in nanoseconds of the time source
   */
  protected final void arm(long nanos) {
    synchronized (waitEnd) {
      if (!isOver) {
        timer.arm(waitEnd, nanos);
      }
    }
  }

  /**
   * Ends the wait.
   *
   * @return whether this is the first time, or a step that follows is tried again
   */
  protected final boolean endWait() {
    synchronized (waitEnd) {
      boolean goesOn = !isOver || isTriedAgain;
      isOver = true;
      isTriedAgain = false;
      waitEnd.cancel(timer);
      return goesOn;
    }
  }

  @Override
  public final void run() {
    try {
      if (!completeEnding()) {
        onWoken();
      }
    } catch (Throwable e) {
      tryAgain(e);
    }
  }

  /** The heap is full, for instance. The code that waits for the call must not wait forever. */
  final void tryAgain(Throwable failure) {
    synchronized (waitEnd) {
      isTriedAgain = true;
      // The step that failed may have cancelled the operation.
      waitEnd.armAgain(timer, this, soon());
    }
    dispatcher.failed("the wait of a call could not be ended; it is tried again", failure);
  }

  /**
   * Returns the time of another try. It does not depend on what the operation was armed for, which may be the end of a long wait. If
   * the clock is what has failed, the try comes at the next tick.
   */
  private long soon() {
    try {
      return Nanos.after(dispatcher.time().nanoTime(), AGAIN_NANOS);
    } catch (Throwable e) {
      return 0;
    }
  }

  /** Hands the body to the executor for attempts, once the wait is over. */
  protected final void handOver() {
    if (hasEnded() || start != NOT_STARTED) {
      return;
    }
    try {
      AcceptedTask accepted = dispatcher.attempt(chain.executor(), this::start, this::endClosed);
      acceptedTask = accepted;
      // Volatile read after the write; the thread that ends the call from outside writes the end,
      // then reads acceptedTask.
      if (hasEnded()) {
        accepted.cancel();
      }
    } catch (Throwable e) {
      // Usually a rejection, but an executor of the application may throw anything.
      end(new RejectedByExecutor(e));
    }
  }

  private void start() {
    if (hasEnded() || !START.compareAndSet(this, NOT_STARTED, STARTED)) {
      return;
    }
    onStarting();
    try {
      if (carried == null) {
        startBody();
      } else {
        carried.call(() -> {
          startBody();
          return this;
        });
      }
    } catch (Throwable e) {
      // Not a failure of the body, which arrives through its stage. The machine is exhausted, for
      // instance.
      endOrTryAgain(e);
    }
  }

  private void startBody() {
    follow(chain.insideAsync(context, index, body));
  }

  private void endOrTryAgain(Throwable failure) {
    try {
      end(failure);
    } catch (Throwable e) {
      tryAgain(e);
    }
  }

  private void endClosed() {
    end(closed());
  }

  private void end(Throwable failure) {
    end(() -> {
      onEndedHere(failure);
      return failure;
    });
  }

  /**
   * Ends this future, unless it has ended.
   *
   * @param failure returns its failure; called again if it throws
   * @return whether this thread claimed the end
   */
  protected final boolean end(Supplier<? extends Throwable> failure) {
    boolean isFirst = claimEnd();
    if (isFirst) {
      completeAs(failure);
    }
    return isFirst;
  }

  private void completeAs(Supplier<? extends Throwable> failure) {
    try {
      completeExceptionally(failure.get());
    } catch (Throwable e) {
      synchronized (waitEnd) {
        ending = failure;
      }
      throw e;
    }
  }

  /** Completes an end that was claimed and failed. Returns whether there is one. */
  private boolean completeEnding() {
    Supplier<? extends Throwable> failure;
    synchronized (waitEnd) {
      failure = ending;
      ending = null;
    }
    if (failure != null) {
      completeAs(failure);
    }
    return failure != null;
  }

  /** Cancels the task that would start the body. Called by the thread that ended this future from outside. */
  protected final void cancelStart() {
    endWait();
    AcceptedTask accepted = acceptedTask;
    if (accepted != null) {
      accepted.cancel();
    }
  }

  /** {@return whether the body was started, or is being started} */
  protected final boolean hasStarted() {
    return start == STARTED;
  }

  /**
   * Prevents the start of the body. Called by the thread that has claimed the end.
   *
   * @return false if the body was started, or is being started
   */
  protected final boolean preventStart() {
    return START.compareAndSet(this, NOT_STARTED, PREVENTED);
  }

  private static final class WaitEnd extends OwnedOperation<DeferredFuture<?>> {
    WaitEnd(DeferredFuture<?> future) {
      super(future);
    }

    @Override
    protected void onFire(DeferredFuture<?> future) {
      future.wake();
    }

    @Override
    protected void onTimerClosed(DeferredFuture<?> future) {
      future.dispatcher.endCall(future::endClosed);
    }
  }
}
