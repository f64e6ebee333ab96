package io.aragora.resilience.core.chaos;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.internal.RejectedByExecutor;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that waits in an injected delay. Its body then starts on the executor for attempts.
 *
 * @param <T> the type of the value
 */
final class DelayedFuture<T extends @Nullable Object> extends PolicyFuture<T>
    implements Delay, Runnable {
  /** The delay until an end of the wait that failed is tried again. */
  private static final long AGAIN_NANOS = 10_000_000L;

  private final CoreChaos chaos;
  private final long until;
  private final CapturedContext context;
  private final ContextCarrier.@Nullable Carried carried;
  private final PolicyChain chain;
  private final int index;
  private final Supplier<? extends CompletionStage<T>> body;
  private final WaitEnd waitEnd = new WaitEnd(this);

  private volatile @Nullable AcceptedTask acceptedTask;

  // Guarded by the monitor of waitEnd: the timer, the end of chaos and the caller may meet.
  private boolean isOver;
  private boolean isTriedAgain;
  private boolean hasStarted;

  DelayedFuture(
      CoreChaos chaos,
      long until,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    this.chaos = chaos;
    this.until = until;
    this.context = context;
    this.carried = chaos.dispatcher().carrier().capture();
    this.chain = chain;
    this.index = index;
    this.body = body;
  }

  /** Begins the wait, unless chaos has ended meanwhile. */
  void await() {
    synchronized (waitEnd) {
      if (!isOver) {
        chaos.timer().arm(waitEnd, until);
      }
    }
  }

  @Override
  public void end() {
    // The executor may be the application's and may block, so the dispatcher hands over.
    chaos.dispatcher().endCall(this);
  }

  /** Called on a thread of the dispatcher when the time has come, and when chaos has ended. */
  @Override
  public void run() {
    try {
      if (endWait()) {
        handOver();
      }
    } catch (Throwable e) {
      tryAgain(e);
    }
  }

  /** Returns whether the caller has to go on with the call. */
  private boolean endWait() {
    boolean isFirst;
    synchronized (waitEnd) {
      isFirst = !isOver || isTriedAgain;
      isOver = true;
      isTriedAgain = false;
      chaos.timer().cancel(waitEnd);
    }
    chaos.leave(this);
    return isFirst;
  }

  /** The heap is full, for instance. The code that waits for the call must not wait forever. */
  private void tryAgain(Throwable failure) {
    synchronized (waitEnd) {
      isTriedAgain = true;
      chaos.timer().arm(waitEnd, waitEnd.after(AGAIN_NANOS));
    }
    chaos.dispatcher().failed("a delayed call could not begin; it is tried again", failure);
  }

  private void handOver() {
    if (hasEnded()) {
      return;
    }
    try {
      AcceptedTask accepted =
          chaos.dispatcher().attempt(chain.executor(), this::start, this::endClosed);
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
    synchronized (waitEnd) {
      if (hasStarted || hasEnded()) {
        return;
      }
      hasStarted = true;
    }
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
      end(e);
    }
  }

  private void startBody() {
    follow(chain.insideAsync(context, index, body));
  }

  private void endClosed() {
    end(chaos.closed());
  }

  private void end(Throwable failure) {
    if (claimEnd()) {
      completeExceptionally(failure);
    }
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    endWait();
    AcceptedTask accepted = acceptedTask;
    if (accepted != null) {
      accepted.cancel();
    }
  }

  private static final class WaitEnd extends TimerOperation {
    private final DelayedFuture<?> future;

    WaitEnd(DelayedFuture<?> future) {
      this.future = future;
    }

    @Override
    protected void onFire(long arming) {
      future.end();
    }

    @Override
    protected void onTimerClosed(long arming) {
      future.end();
    }
  }
}
