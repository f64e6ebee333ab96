package io.aragora.resilience.core.hedge;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.HedgeCancellation;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.timeout.OneInterrupt;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of a synchronous call that is hedged. The first one runs on the thread of the caller, which the winner interrupts
 * if it is still inside.
 *
 * @param <T> the type of the value
 */
final class ThreadRace<T extends @Nullable Object> extends HedgeRace<T> implements Runnable {
  /*
   * End: commit() is one CAS of over. Its winner then writes the outcome, sets done, and interrupts the caller, or wakes it if it
   * has left its body. The caller leaves the body by OneInterrupt, so it receives either, and after that no interrupt of this call.
   * (Stress: HedgeRaceStress.WinsOnce, LimitSlotStress.NoInterruptAfterSettle.)
   */
  private static final VarHandle OVER = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "over", VarHandle.class, ThreadRace.class, boolean.class);

  private final HedgePlan plan;
  private final Thread caller;
  private final OneInterrupt interrupt;

  /** Whether the caller was inside its body when this was created. */
  private final boolean isInside;

  private final CapturedContext context;
  private final PolicyChain chain;
  private final int index;
  private final CheckedSupplier<? extends T, ?> body;
  private final ContextCarrier.@Nullable Carried carried;
  private final ThreadHedge delay;
  private volatile boolean over;

  /** Set after the outcome, which it publishes. */
  private volatile boolean done;

  private @Nullable T value;
  private @Nullable Throwable failure;

  ThreadRace(
      CoreHedge hedge,
      HedgePlan plan,
      long startedAt,
      Frame frame,
      PolicyChain chain,
      int index,
      Thread caller,
      boolean isInside,
      CheckedSupplier<? extends T, ?> body,
      ContextCarrier.@Nullable Carried carried,
      ThreadHedge delay) {
    super(hedge, plan, startedAt, frame.deadline(), chain, index);
    this.plan = plan;
    this.caller = caller;
    this.interrupt = new OneInterrupt(caller);
    this.isInside = isInside;
    if (!isInside) {
      interrupt.leave();
    }
    this.context =
        frame.capture().endedBy(frame.interruptedAt()).inHedge(hedge.time(), startedAt, true);
    this.chain = chain;
    this.index = index;
    this.body = body;
    this.carried = carried;
    this.delay = delay;
  }

  /** Starts all hedges together. */
  void startAll() {
    while (tryHedge()) {
      // Until there are as many as the config and the budget allow.
    }
  }

  /** Called when the delay has passed, on a thread of the dispatcher. */
  @Override
  public void run() {
    try {
      due();
    } catch (Throwable e) {
      hedge().notStarted(e);
    }
  }

  private void due() {
    if (nextDueAt(plan.delayNanos()) <= hedge().nanoTime() && !tryHedge()) {
      return;
    }
    armNext();
  }

  /** Arms the delay before the next hedge, if there is to be one. */
  private void armNext() {
    long dueAt = nextDueAt(plan.delayNanos());
    if (dueAt < hedge().deadline(context)) {
      hedge().timer().arm(delay, dueAt);
      // Volatile read after the arming; the thread that ends the call writes over, then cancels.
      if (isOver()) {
        hedge().timer().cancel(delay);
      }
    }
  }

  @Override
  CompletableFuture<T> start(HedgeAttempt<T> attempt) {
    try {
      T result =
          carried == null ? inside(attempt) : carried.<T, Throwable>call(() -> inside(attempt));
      return CompletableFuture.completedFuture(result);
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private T inside(HedgeAttempt<T> attempt) throws Throwable {
    return attempt.<T>interruptibly(() -> context.<T, Throwable>call(() -> {
      Frame frame = Objects.requireNonNull(Frame.ofThread());
      frame.enterAttempt(attempt);
      try {
        return chain.<T>inside(null, index, body);
      } finally {
        frame.forgetHedge();
      }
    }));
  }

  @Override
  @Nullable
  PolicyFuture<T> call() {
    return null;
  }

  @Override
  boolean commit() {
    return OVER.compareAndSet(this, false, true);
  }

  @Override
  boolean isOver() {
    return over;
  }

  @Override
  @Nullable
  Policy retryAround() {
    return context.retryOn(hedge().time());
  }

  /** The caller is interrupted when the outcome is written. */
  @Override
  void cancelFirst(Throwable cause) {}

  @Override
  void finish(@Nullable T result, @Nullable Throwable thrown) {
    value = result;
    failure = thrown;
    done = true;
    hedge().timer().cancel(delay);
    if (!interrupt.send()) {
      hedge().time().unpark(caller);
    }
  }

  boolean mayHaveMerged(boolean insideInterrupted) {
    return interrupt.mayHaveMerged(insideInterrupted);
  }

  /**
   * Ends the first attempt, on its thread.
   *
   * @return whether the call is over by the result of a hedge, whose interrupt is settled
   */
  private boolean leaveFirst(boolean leftByInterrupt, Frame frame) {
    if (!isInside || interrupt.leave()) {
      return false;
    }
    interrupt.settle(leftByInterrupt, frame);
    return true;
  }

  /**
   * Returns the result of the call, after the first attempt has returned a value.
   *
   * @param first the value
   * @param frame the frame of the call
   */
  @SuppressWarnings({"NullAway", "unchecked"}) // the body of the call returned the value
  T afterValue(@Nullable Object first, Frame frame) throws Throwable {
    T own = (T) first;
    boolean isLate = leaveFirst(false, frame);
    if (!isLate && !hedge().accepts(plan, own)) {
      return afterFirst(own, null, Next.ADVANCE);
    }
    if (commit()) {
      firstWon();
      return own;
    }
    hedge().giveLoser(own);
    if (isLate) {
      hedge().countWonLate();
    }
    return await();
  }

  private void firstWon() {
    try {
      hedge().timer().cancel(delay);
      hedge().countFirstWon(plan, retryAround());
      countFirst();
      cancelHedges();
    } catch (Throwable e) {
      hedge().notCounted(e);
    }
  }

  /** Returns the result of the call, after the first attempt has failed. */
  T afterFailure(Throwable thrown, Next next, Frame frame) throws Throwable {
    return leaveFirst(thrown instanceof InterruptedException, frame) || isOver()
        ? await()
        : afterFirst(null, thrown, next);
  }

  private T afterFirst(@Nullable T own, @Nullable Throwable thrown, Next next) throws Throwable {
    if (thrown == null || !hedge().isRejection(thrown)) {
      countFirst();
    }
    firstEnded(own, thrown, next);
    if (delay.isCancelled() && !isOver()) {
      armNext();
    }
    return await();
  }

  /** Waits for the outcome: the first attempt has ended, and the hedges have not. */
  private T await() throws Throwable {
    long deadline = hedge().deadline(context);
    while (!isOver()) {
      if (Thread.currentThread().isInterrupted()) {
        if (commit()) {
          throw interrupted();
        }
      } else if (deadline != TimeSource.NEVER && hedge().nanoTime() - deadline >= 0) {
        if (commit()) {
          failed(firstValue(), firstFailure());
        }
      } else {
        hedge().time().parkUntil(this, deadline);
      }
    }
    awaitDone();
    Throwable thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
    return result();
  }

  /**
   * Waits for the thread that has claimed the end, which writes the outcome. Neither an interrupt nor the deadline changes that any
   * more; a thread that is interrupted could not park, so its flag is set again afterwards.
   */
  private void awaitDone() {
    boolean isInterrupted = false;
    while (!done) {
      isInterrupted |= Thread.interrupted();
      hedge().time().parkUntil(this, TimeSource.NEVER);
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @SuppressWarnings("NullAway") // the value is null only if T admits it
  private T result() {
    return value;
  }

  private CallInterruptedException interrupted() {
    hedge().timer().cancel(delay);
    hedge().countCancelled();
    endedWithoutFirst();
    cancelHedges(
        new HedgeCancellation(hedge().name(), hedge().dispatcher(), hedge()::giveLoser), null);
    CallInterruptedException interrupted = new CallInterruptedException(hedge().name());
    Throwable first = firstFailure();
    if (first != null) {
      Failures.suppress(interrupted, first);
    }
    return interrupted;
  }
}
