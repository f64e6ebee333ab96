package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A policy that admits a call, makes it wait, or rejects it. A call that is admitted has a permit until its body ends.
 *
 * <p>A subclass says what is available and counts. This class runs the calls: it gives each permit back once, whatever the
 * body does, and ends each wait by the first of a permit, the longest wait, the deadline around the call, an interrupt, the
 * completion of the call's future from outside, and the closing of the runtime.
 *
 * <p>A call that is admitted at once allocates nothing, and takes no lock.
 */
public abstract class AdmissionPolicy extends CorePolicy {
  /** The permit of a call that is not admitted. */
  public static final long NO_PERMIT = 0;

  private static final GuardedLog LOG = GuardedLog.of(AdmissionPolicy.class);

  private final AdmissionRuntime runtime;

  /**
   * Creates a policy.
   *
   * @param name its name
   * @param runtime the parts of its runtime
   */
  protected AdmissionPolicy(String name, AdmissionRuntime runtime) {
    super(name);
    this.runtime = runtime;
  }

  /**
   * Admits a call at once if no other call waits and what it needs is available, and counts it.
   *
   * @return the permit, or {@link #NO_PERMIT}
   */
  protected abstract long tryEnter();

  /**
   * Returns a permit. Called once for each permit, before the caller sees the end of its call.
   *
   * @param permit the permit
   */
  protected abstract void leave(long permit);

  /**
   * Returns the permit of a call whose body has ended on this thread. Default: how it ended does not matter.
   *
   * @param permit the permit
   * @param failure what the body threw; null if it returned
   */
  protected void leaveAfterCall(long permit, @Nullable Throwable failure) {
    leave(permit);
  }

  /**
   * Returns the permit of an asynchronous call that has ended after its body began. Default: how it ended does not matter.
   *
   * @param permit the permit
   * @param failure the failure of its future; null if it has a value
   * @param isEndedOutside whether its caller, or a policy around, ended it
   */
  protected void leaveAfterFuture(
      long permit, @Nullable Throwable failure, boolean isEndedOutside) {
    leave(permit);
  }

  /** {@return whether a permit is held until the body ends; if not, {@link #leave} does nothing} */
  protected abstract boolean isHeld();

  /** {@return the rank of a call in the queue; by default 0} */
  protected int rank() {
    return 0;
  }

  /** {@return how much one call needs, for the queue} */
  protected abstract int need();

  /** {@return the queue of the calls that wait} */
  protected abstract WaitQueue queue();

  /** {@return the longest wait in nanoseconds; 0 if calls do not wait} */
  protected abstract long maxWaitNanos();

  /** {@return how many calls may wait at a time} */
  protected abstract int maxWaiting();

  /**
   * Returns whether a wait is of no use, because it certainly ends without a permit.
   *
   * @param now the present time
   * @param until the end of the wait
   * @return whether it is
   */
  protected boolean isHopeless(long now, long until) {
    return false;
  }

  /**
   * Returns the time at which a waiter asks for a permit. If it changes, the waiter is woken ({@link Waiter#lookAt}).
   *
   * @param waiter the waiter
   * @return the time, at which {@link WaitQueue.Source#take} succeeds if the waiter is the head; {@link TimeSource#NEVER} if
   *     another thread gives it the permit
   */
  protected long looksAt(Waiter waiter) {
    return TimeSource.NEVER;
  }

  /**
   * Counts a call that is rejected, publishes it, and creates its exception.
   *
   * @param why the reason
   * @param waitedNanos how long it waited
   * @return the exception
   */
  protected abstract RuntimeException reject(Rejection why, long waitedNanos);

  /**
   * Counts a call that was admitted after it waited, and publishes it.
   *
   * @param waitedNanos how long it waited
   */
  protected abstract void countAdmittedAfterWait(long waitedNanos);

  /** Counts a call that was interrupted, cancelled or closed while it waited, or after it had its permit and before its body began. */
  protected abstract void countCancelled();

  @Override
  protected final <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    // A permit must be given back.
    StackRoom.forCall();
    Frame frame = lent != null ? lent : Frame.ofThread();
    long deadline = frame == null ? TimeSource.NEVER : frame.deadlineOn(runtime.time());
    if (deadline != TimeSource.NEVER && isPassed(deadline)) {
      throw reject(Rejection.DEADLINE, 0);
    }
    long permit = tryEnter();
    if (permit == NO_PERMIT) {
      permit = await(deadline, frame != null && frame.isHedge());
    }
    T result;
    try {
      result = chain.<T>inside(lent, index, body);
    } catch (Throwable e) {
      giveBackAfterCall(permit, e);
      throw e;
    }
    giveBackAfterCall(permit, null);
    return result;
  }

  /** Returns whether a deadline has passed. Reads the precise clock only if the coarse one is close to it. */
  private boolean isPassed(long deadline) {
    long coarse = runtime.clock().read();
    return deadline - coarse <= CoarseClock.USUAL_LAG_NANOS
        && runtime.time().nanoTime() - deadline >= 0;
  }

  /** Returns the permit of a call whose body has not begun. */
  final void giveBack(long permit) {
    try {
      leave(permit);
    } catch (Throwable e) {
      notGivenBack(e);
    }
  }

  /** Returns a permit. An error in here never replaces what the body returned or threw. */
  private void giveBackAfterCall(long permit, @Nullable Throwable failure) {
    try {
      leaveAfterCall(permit, failure);
    } catch (Throwable e) {
      notGivenBack(e);
    }
  }

  /** Returns a permit. An error in here never replaces the end of the future. */
  final void giveBackAfterFuture(long permit, @Nullable Throwable failure, boolean isEndedOutside) {
    try {
      leaveAfterFuture(permit, failure, isEndedOutside);
    } catch (Throwable e) {
      notGivenBack(e);
    }
  }

  private void notGivenBack(Throwable failure) {
    LOG.failed(
        System.Logger.Level.ERROR,
        this,
        "a permit could not be given back; the call ends as its body did",
        failure);
  }

  /** Returns why a wait has no use. */
  static Rejection vain(boolean endsByDeadline) {
    return endsByDeadline ? Rejection.DEADLINE : Rejection.UNAVAILABLE;
  }

  /** Returns why a wait ended without a permit. */
  static Rejection expired(boolean endsByDeadline) {
    return endsByDeadline ? Rejection.DEADLINE : Rejection.WAITED;
  }

  /** Waits for a permit on the calling thread. A hedge never waits. */
  private long await(long deadline, boolean isHedge) {
    if (isHedge || maxWaitNanos() == 0) {
      throw reject(Rejection.UNAVAILABLE, 0);
    }
    long now = runtime.time().nanoTime();
    long until = Math.min(Nanos.after(now, maxWaitNanos()), deadline);
    if (isHopeless(now, until)) {
      throw reject(vain(until == deadline), 0);
    }
    WaitingThreads threads = runtime.waiting();
    if (!threads.enter()) {
      throw closed();
    }
    try {
      ThreadWaiter waiter = new ThreadWaiter(rank(), need(), now, until, runtime.time());
      if (!queue().add(waiter, maxWaiting())) {
        throw reject(Rejection.QUEUE_FULL, 0);
      }
      return await(waiter, until, deadline);
    } finally {
      threads.leave();
    }
  }

  private long await(ThreadWaiter waiter, long until, long deadline) {
    boolean isAdmitted = false;
    try {
      queue().grant();
      while (waiter.isWaiting()) {
        long looksAt = looksAt(waiter);
        long now = runtime.time().nanoTime();
        if (hasEnded(now, until) && queue().leave(waiter) == Waiter.State.WAITING) {
          throw end(now, waiter, until, deadline);
        }
        if (waiter.isWaiting()) {
          runtime.time().parkUntil(this, Math.min(looksAt, until));
          if (looksAt != TimeSource.NEVER) {
            queue().grant();
          }
        }
      }
      long waited = Math.max(0, runtime.time().nanoTime() - waiter.since());
      if (waiter.state() == Waiter.State.EVICTED) {
        throw reject(Rejection.QUEUE_FULL, waited);
      }
      if (waiter.state() == Waiter.State.DISMISSED) {
        throw reject(vain(until == deadline), waited);
      }
      isAdmitted = true;
      admitted(waited);
      return waiter.permit();
    } finally {
      if (!isAdmitted && queue().leave(waiter) == Waiter.State.GRANTED) {
        giveBack(waiter.permit());
        countCancelled();
      }
    }
  }

  private boolean hasEnded(long now, long until) {
    return now >= until
        || runtime.waiting().isClosed()
        || Thread.currentThread().isInterrupted();
  }

  /** Returns what ends the wait of a thread that has left the queue. */
  private RuntimeException end(long now, Waiter waiter, long until, long deadline) {
    if (now >= until) {
      return reject(expired(until == deadline), now - waiter.since());
    }
    countCancelled();
    return runtime.waiting().isClosed() ? closed() : new CallInterruptedException(name());
  }

  ResilienceClosedException closed() {
    return new ResilienceClosedException(runtime.dispatcher().runtime());
  }

  /** Counts a call that waited and is admitted. An error in here never costs it its permit. */
  final void admitted(long waitedNanos) {
    try {
      countAdmittedAfterWait(waitedNanos);
    } catch (Throwable e) {
      LOG.failed(
          System.Logger.Level.ERROR, this, "a call could not be counted; it has its permit", e);
    }
  }

  @Override
  protected final <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    StackRoom.forCall();
    long deadline = context.deadlineOn(runtime.time());
    if (deadline != TimeSource.NEVER && isPassed(deadline)) {
      return CompletableFuture.failedFuture(reject(Rejection.DEADLINE, 0));
    }
    long permit = tryEnter();
    if (permit == NO_PERMIT) {
      return awaitAsync(context, deadline, chain, index, body);
    }
    CompletableFuture<T> inner;
    try {
      inner = chain.insideAsync(context, index, body);
    } catch (Throwable e) {
      inner = CompletableFuture.failedFuture(e);
    }
    if (!isHeld()) {
      return inner;
    }
    if (PolicyFuture.hasSucceeded(inner)) {
      giveBackAfterFuture(permit, null, false);
      return CompletableFuture.completedFuture(inner.join());
    }
    AdmittedFuture<T> future;
    try {
      future = new AdmittedFuture<>(this, permit);
    } catch (Throwable e) {
      giveBack(permit);
      throw e;
    }
    future.watch(inner);
    return future;
  }

  private <T extends @Nullable Object> CompletableFuture<T> awaitAsync(
      CapturedContext context,
      long deadline,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    if (context.isHedge() || maxWaitNanos() == 0) {
      return CompletableFuture.failedFuture(reject(Rejection.UNAVAILABLE, 0));
    }
    long now = runtime.time().nanoTime();
    long until = Math.min(Nanos.after(now, maxWaitNanos()), deadline);
    if (isHopeless(now, until)) {
      return CompletableFuture.failedFuture(reject(vain(until == deadline), 0));
    }
    if (runtime.timer().isClosed()) {
      return CompletableFuture.failedFuture(closed());
    }
    QueuedFuture<T> future =
        new QueuedFuture<>(this, now, until, until == deadline, context, chain, index, body);
    try {
      future.await();
    } catch (Throwable e) {
      // The heap is full, for instance. As if it were completed from outside: it leaves the queue,
      // and its body never begins.
      future.completeExceptionally(e);
    }
    return future;
  }

  /** {@return the parts of the runtime} */
  protected final AdmissionRuntime runtime() {
    return runtime;
  }

  Timer timer() {
    return runtime.timer();
  }

  @Override
  protected final Dispatcher dispatcher() {
    return runtime.dispatcher();
  }
}
