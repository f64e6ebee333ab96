package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.timer.OwnedOperation;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that has to wait. When it is its turn, its body starts on the executor for attempts.
 *
 * @param <T> the type of the value
 */
final class QueuedFuture<T extends @Nullable Object> extends PolicyFuture<T> implements Runnable {
  /*
   * A permit is given back by the thread that claims the end of this future, if the waiter has one by then. A waiter that has
   * left the queue gets none. The start of the body looks for the end before and after: a body that starts while the future
   * is ended from outside is cancelled, as that of any future is (PolicyFuture).
   *
   * One operation of the timer serves for the end of the wait, for the time at which the policy has to be asked again, and
   * for another try if a hand-over fails. It is armed and cancelled under its monitor, by whichever thread.
   *
   * Stress: CoreBulkheadStress.CancelAgainstGrant.
   */
  private static final long AGAIN_NANOS = 10_000_000L;

  private final AdmissionPolicy policy;
  private final long until;
  private final boolean endsByDeadline;
  private final CapturedContext context;
  private final ContextCarrier.@Nullable Carried carried;
  private final PolicyChain chain;
  private final int index;
  private final Supplier<? extends CompletionStage<T>> body;
  private final Turn turn;
  private final WaitEnd waitEnd = new WaitEnd(this);

  /**
   * Volatile CAS: of the tasks that start the body exactly one does. The grant and the timer may each hand one over. Stress:
   * CoreBulkheadStress.BodyStartsOnce.
   */
  private static final VarHandle STARTED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "hasStarted", VarHandle.class, QueuedFuture.class, boolean.class);

  /** Whether the body was started, or is being started. The thread that ends this future reads it. */
  private volatile boolean hasStarted;

  private volatile @Nullable AcceptedTask acceptedTask;

  /** Whether the wait is over. Guarded by the monitor of waitEnd. */
  private boolean isOver;

  QueuedFuture(
      AdmissionPolicy policy,
      long now,
      long until,
      boolean endsByDeadline,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    this.policy = policy;
    this.until = until;
    this.endsByDeadline = endsByDeadline;
    this.context = context;
    this.carried = policy.dispatcher().carrier().capture();
    this.chain = chain;
    this.index = index;
    this.body = body;
    this.turn = new Turn(policy.rank(), policy.need(), now, until, this);
  }

  /** Begins the wait. */
  void await() {
    // Armed first: a grant cancels it.
    arm(until);
    if (policy.queue().add(turn, policy.maxWaiting())) {
      lookForPermit();
    } else if (claimEnd()) {
      disarm();
      completeExceptionally(policy.reject(Rejection.QUEUE_FULL, 0));
    }
  }

  private void lookForPermit() {
    policy.queue().grant();
    long looksAt = turn.isWaiting() ? policy.looksAt(turn) : TimeSource.NEVER;
    if (looksAt != TimeSource.NEVER) {
      arm(Math.min(looksAt, until));
    }
  }

  private void arm(long nanos) {
    synchronized (waitEnd) {
      if (!isOver) {
        policy.timer().arm(waitEnd, nanos);
      }
    }
  }

  private void disarm() {
    synchronized (waitEnd) {
      isOver = true;
      waitEnd.cancel(policy.timer());
    }
  }

  /** Called on a thread of the dispatcher when the time has come, and when the waiter was woken. */
  @Override
  public void run() {
    try {
      switch (turn.state()) {
        case WAITING -> expire();
        case GRANTED -> handOver();
        case EVICTED -> reject(Rejection.QUEUE_FULL);
        case DISMISSED -> reject(AdmissionPolicy.vain(endsByDeadline));
        case NEW, LEFT -> {}
      }
    } catch (Throwable e) {
      tryAgain(e);
    }
  }

  /** The heap is full, for instance. The code that waits for the call must not wait forever. */
  void tryAgain(Throwable failure) {
    synchronized (waitEnd) {
      // The hand-over that failed may have cancelled the operation.
      waitEnd.armAgain(policy.timer(), this, waitEnd.after(AGAIN_NANOS));
    }
    policy.dispatcher().failed("the wait of a call could not be ended; it is tried again", failure);
  }

  private void expire() {
    if (policy.runtime().time().nanoTime() < until) {
      lookForPermit();
      return;
    }
    // The permit may come at the end of the wait exactly.
    policy.queue().grant();
    if (policy.queue().leave(turn) == Waiter.State.WAITING) {
      if (!reject(AdmissionPolicy.expired(endsByDeadline))) {
        // Ended from outside at this moment, by a thread that found the waiter gone.
        policy.countCancelled();
      }
    }
  }

  private boolean reject(Rejection why) {
    boolean isFirst = claimEnd();
    if (isFirst) {
      completeExceptionally(policy.reject(why, waitedNanos()));
    }
    return isFirst;
  }

  private long waitedNanos() {
    return Math.max(0, policy.runtime().time().nanoTime() - turn.since());
  }

  private void handOver() {
    if (hasEnded() || hasStarted) {
      return;
    }
    disarm();
    try {
      AcceptedTask accepted =
          policy.dispatcher().attempt(chain.executor(), this::start, this::endClosed);
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
    if (hasEnded() || !STARTED.compareAndSet(this, false, true)) {
      return;
    }
    policy.admitted(waitedNanos());
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
    end(policy.closed());
  }

  private void end(Throwable failure) {
    if (claimEnd()) {
      giveUp(failure);
      completeExceptionally(failure);
    }
  }

  /**
   * Leaves the queue, or gives the permit back. Called by the thread that claimed the end, unless that rejects the call. A
   * waiter that has left already is counted by the thread that made it leave.
   */
  private void giveUp(Throwable failure) {
    switch (policy.queue().leave(turn)) {
      case GRANTED -> {
        if (hasStarted) {
          policy.giveBackAfterFuture(turn.permit(), failure);
        } else {
          policy.giveBack(turn.permit());
        }
      }
      case NEW, WAITING, EVICTED, DISMISSED -> policy.countCancelled();
      case LEFT -> {}
    }
  }

  @Override
  protected boolean hasEntered() {
    return hasStarted && super.hasEntered();
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      policy.giveBackAfterFuture(turn.permit(), failure);
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    disarm();
    AcceptedTask accepted = acceptedTask;
    if (accepted != null) {
      accepted.cancel();
    }
    if (cause instanceof DeadlineCancellation
        && policy.queue().leave(turn) == Waiter.State.WAITING) {
      policy.reject(Rejection.DEADLINE, waitedNanos());
      return;
    }
    giveUp(cause);
  }

  /** The place of this future in the queue. */
  private static final class Turn extends Waiter {
    private final QueuedFuture<?> future;

    Turn(int rank, int need, long since, long until, QueuedFuture<?> future) {
      super(rank, need, since, until);
      this.future = future;
    }

    @Override
    protected void wake() {
      // The executor may be the application's and may block, so the dispatcher hands over.
      future.policy.dispatcher().endCall(future);
    }
  }

  private static final class WaitEnd extends OwnedOperation<QueuedFuture<?>> {
    WaitEnd(QueuedFuture<?> future) {
      super(future);
    }

    @Override
    protected void onFire(QueuedFuture<?> future) {
      future.policy.dispatcher().endCall(future);
    }

    @Override
    protected void onTimerClosed(QueuedFuture<?> future) {
      future.policy.dispatcher().endCall(future::endClosed);
    }
  }
}
