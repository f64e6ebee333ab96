package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.DeadlineCancellation;
import io.aragora.resilience.core.call.DeferredFuture;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that has to wait for its admission.
 *
 * @param <T> the type of the value
 */
final class QueuedFuture<T extends @Nullable Object> extends DeferredFuture<T> {
  /*
   * A permit is given back by the thread that claims the end of this future, if the waiter has one by then. A waiter that has
   * left the queue gets none.
   *
   * The operation of the timer also wakes this call at the time at which the policy has to be asked again.
   *
   * Stress: CoreBulkheadStress.CancelAgainstGrant.
   */
  private final AdmissionPolicy policy;
  private final long until;
  private final boolean endsByDeadline;
  private final Turn turn;

  QueuedFuture(
      AdmissionPolicy policy,
      long now,
      long until,
      boolean endsByDeadline,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    super(policy.dispatcher(), policy.timer(), context, chain, index, body);
    this.policy = policy;
    this.until = until;
    this.endsByDeadline = endsByDeadline;
    this.turn = new Turn(policy.rank(), policy.need(), now, until, this);
  }

  /** Begins the wait. */
  void await() {
    // Armed first: a grant cancels it.
    arm(until);
    if (policy.queue().add(turn, policy.maxWaiting())) {
      lookForPermit();
      expireIfLate();
    } else {
      endWait();
      reject(Rejection.QUEUE_FULL);
    }
  }

  private void lookForPermit() {
    policy.queue().grant();
    long looksAt = turn.isWaiting() ? policy.looksAt(turn) : TimeSource.NEVER;
    if (looksAt != TimeSource.NEVER) {
      arm(Math.min(looksAt, until));
    }
  }

  /**
   * The timer may have fired before the call was in the queue, because the thread that begins the wait had no processor. Nothing
   * was to be ended then, and nothing is armed now. A firing after this reading of the clock finds the call in the queue.
   */
  private void expireIfLate() {
    if (turn.isWaiting() && policy.runtime().time().nanoTime() >= until) {
      wake();
    }
  }

  @Override
  protected void onWoken() {
    switch (turn.state()) {
      case WAITING -> expire();
      case GRANTED -> {
        if (endWait()) {
          handOver();
        }
      }
      case EVICTED -> reject(Rejection.QUEUE_FULL);
      case DISMISSED -> reject(AdmissionPolicy.vain(endsByDeadline));
      case NEW, LEFT -> {}
    }
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
    return end(() -> policy.reject(why, waitedNanos()));
  }

  private long waitedNanos() {
    return Math.max(0, policy.runtime().time().nanoTime() - turn.since());
  }

  @Override
  protected void onStarting() {
    policy.admitted(waitedNanos());
  }

  @Override
  protected void onEndedHere(Throwable failure) {
    giveUp(failure);
  }

  @Override
  protected ResilienceClosedException closed() {
    return policy.closed();
  }

  /**
   * Leaves the queue, or gives the permit back. Called by the thread that claimed the end, unless that rejects the call. A
   * waiter that has left already is counted by the thread that made it leave.
   */
  private void giveUp(Throwable failure) {
    switch (policy.queue().leave(turn)) {
      case GRANTED -> {
        if (preventStart()) {
          policy.giveBack(turn.permit());
          policy.countCancelled();
        } else if (hasEntered()) {
          policy.giveBackAfterFuture(turn.permit(), failure, true);
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
    return hasStarted() && super.hasEntered();
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      policy.giveBackAfterFuture(turn.permit(), failure, false);
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    cancelStart();
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
      future.wake();
    }
  }
}
