package io.aragora.resilience.core.coalescing;

import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.timer.OwnedOperation;
import io.aragora.resilience.internal.RejectedByExecutor;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call of a coalescer. If it leads, the future of its body is the inner one.
 *
 * @param <K> the type of the key
 * @param <V> the type of the result
 */
final class CoalescedFuture<K, V extends @Nullable Object> extends PolicyFuture<V>
    implements Runnable {
  /*
   * The flight decides, not the end of this future: a body that ends lands the flight first, then claims the end of the future. If
   * the future was completed from outside meanwhile, its thread finds that it does not lead any more, and does nothing. If it came
   * first, the flight was handed over, and the body that ends finds the same.
   */

  /**
   * Volatile CAS: a body that is taken over begins, or the deadline of its call ends the wait for it. Stress:
   * CoalescedFutureStress.TakeOverAgainstDeadline.
   */
  private static final VarHandle PAST_WAIT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "isPastWait", VarHandle.class, CoalescedFuture.class, boolean.class);

  private final CoreCoalescer<K, V> coalescer;
  private final CapturedContext context;

  /** The context of the caller's thread, for a body that begins later; null if there is none. */
  private final ContextCarrier.@Nullable Carried carried;

  /** Starts the body, whose attempts run {@link #inside}, through the policy of the call. */
  private final Function<CoalescedFuture<K, V>, ? extends @Nullable CompletableFuture<V>> start;

  private final Seat<K, V> seat = new Seat<>(this);
  private volatile @Nullable AcceptedTask acceptedTask;

  /** Null unless a deadline ends the wait, which ends no future around this one. Written by the thread of the call. */
  private volatile @Nullable WaitEnd waitEnd;

  /** Whether a call that takes over has begun its body, or never will. */
  private volatile boolean isPastWait;

  CoalescedFuture(
      CoreCoalescer<K, V> coalescer,
      CapturedContext context,
      Function<CoalescedFuture<K, V>, ? extends @Nullable CompletableFuture<V>> start) {
    this.coalescer = coalescer;
    this.context = context;
    this.carried = coalescer.dispatcher().carrier().capture();
    this.start = start;
  }

  /** Leads or joins, on the thread of the caller. */
  void begin(K key) {
    // Not what the seat says: a call that has joined may lead by now, and then the thread that took
    // it over begins the body.
    // Stress: CoalescedFutureStress.JoinAgainstHandOver.
    boolean isFirst = coalescer.board(key, seat);
    if (isFirst) {
      try {
        startBody();
      } catch (Throwable e) {
        // Not a failure of the body, which arrives through its stage. The machine is exhausted, for
        // instance.
        endAll(e);
      }
    } else {
      armWaitEnd();
    }
  }

  private void startBody() {
    Flight<K, V> flight = seat.flight();
    Flight.Run run = flight.entered(seat);
    if (run == null) {
      return;
    }
    CompletableFuture<V> inner;
    try {
      CompletableFuture<V> started = start.apply(this);
      inner = started != null
          ? started
          : CompletableFuture.failedFuture(
              new NullPointerException("the policy returned null, not a future"));
    } catch (Throwable e) {
      inner = CompletableFuture.failedFuture(e);
    } finally {
      flight.left(run);
    }
    follow(inner);
  }

  /** Runs an attempt of the body, which may come later than its start, and on another thread. */
  <T extends @Nullable Object, X extends Throwable> T inside(
      CheckedSupplier<? extends T, X> attempt) throws X {
    Flight<K, V> flight = seat.flight();
    Flight.Run run = flight.entered(seat);
    try {
      return attempt.get();
    } finally {
      if (run != null) {
        flight.left(run);
      }
    }
  }

  /**
   * Waits until a deadline that ends no future around this one. A future around this one ends it from outside. The wait includes
   * that for the executor.
   */
  private void armWaitEnd() {
    long deadline = coalescer.deadline(context);
    if (deadline == TimeSource.NEVER || deadline >= coalescer.endedAt(context)) {
      return;
    }
    WaitEnd end = new WaitEnd(this, coalescer.nanoTime(), deadline);
    waitEnd = end;
    coalescer.timer().arm(end, deadline);
    // Volatile reads after the arming; the thread that ends the wait writes its end, then cancels.
    if (hasEnded() || isPastWait || seat.state() == Caller.State.ENDED) {
      end.cancel(coalescer.timer());
    }
  }

  private void disarm() {
    WaitEnd armed = waitEnd;
    if (armed != null) {
      armed.cancel(coalescer.timer());
    }
  }

  /** Called on a thread of the dispatcher after the wait has ended. */
  @Override
  public void run() {
    try {
      if (seat.isLeading()) {
        takeOver();
      } else {
        disarm();
        finish(null);
      }
    } catch (Throwable e) {
      // The heap is full, for instance. The calls that wait must not wait forever.
      if (seat.isLeading()) {
        leaveTo(e);
      } else {
        end(e);
      }
    }
  }

  private void takeOver() {
    if (hasEnded()) {
      return;
    }
    if (coalescer.isClosed()) {
      endClosed();
      return;
    }
    AcceptedTask accepted;
    try {
      accepted = coalescer.dispatcher().attempt(null, this::startTaken, this::endClosed);
    } catch (Throwable e) {
      // Usually a rejection, but an executor of the application may throw anything.
      leaveTo(new RejectedByExecutor(e));
      return;
    }
    acceptedTask = accepted;
    // Volatile read after the write; the thread that ends the call from outside writes the end,
    // then reads acceptedTask.
    if (hasEnded()) {
      accepted.cancel();
    }
  }

  private void startTaken() {
    if (hasEnded() || !claimBegin()) {
      return;
    }
    disarm();
    try {
      WaitEnd armed = waitEnd;
      if (armed != null && coalescer.isPassed(armed.deadline)) {
        leaveTo(coalescer.exceeded(armed.since));
        return;
      }
      if (carried == null) {
        startInContext();
      } else {
        carried.call(() -> {
          startInContext();
          return this;
        });
      }
    } catch (Throwable e) {
      endAll(e);
    }
  }

  private boolean claimBegin() {
    return PAST_WAIT.compareAndSet(this, false, true);
  }

  private void startInContext() {
    context.call(() -> {
      startBody();
      return this;
    });
  }

  /** Ends this call alone, and passes the lead on. */
  private void leaveTo(Throwable failure) {
    coalescer.depart(seat, failure);
    end(failure);
  }

  /** Ends this call, and with it the flight that it leads. */
  private void endAll(Throwable failure) {
    coalescer.land(seat, null, failure, false);
    end(failure);
  }

  private void end(Throwable failure) {
    if (claimEnd()) {
      disarm();
      completeExceptionally(failure);
    }
  }

  private void endClosed() {
    endAll(coalescer.closed());
  }

  /**
   * Takes the outcome of the flight, which is over.
   *
   * @param failure the own failure of the call that led, for which a stored result stands in; null for one that joined
   */
  private void finish(@Nullable Throwable failure) {
    if (!claimEnd()) {
      return;
    }
    V result;
    try {
      result = failure == null
          ? coalescer.result(seat.flight())
          : coalescer.standIn(seat.flight(), failure);
    } catch (Throwable e) {
      completeExceptionally(e);
      return;
    }
    complete(result);
  }

  @Override
  protected void onInnerEnded(@Nullable V value, @Nullable Throwable failure) {
    boolean isStale;
    try {
      isStale = endFlight(value, failure);
    } catch (Throwable e) {
      // The heap is full, for instance. The calls that joined must not wait forever.
      coalescer.land(seat, value, failure, false);
      throw e;
    }
    if (isStale) {
      finish(failure);
    } else if (claimEnd()) {
      endAs(value, failure);
    }
  }

  /** Returns whether a stored result stands in for the failure. */
  private boolean endFlight(@Nullable V value, @Nullable Throwable failure) {
    if (failure == null) {
      coalescer.succeeded(seat, value);
      return false;
    }
    // The predicate and the cache are the application's. If they call this key, they must not wait
    // for themselves.
    return this.<Boolean, RuntimeException>inside(() -> coalescer.failed(
        seat, failure, failure, CallEnd.ofFuture(failure), coalescer.deadline(context)));
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    disarm();
    AcceptedTask accepted = acceptedTask;
    if (accepted != null) {
      accepted.cancel();
    }
    coalescer.depart(seat, cause);
  }

  /** Ends this call, if it still waits for another one. */
  private boolean endWait(Throwable failure) {
    boolean hasLeft = seat.flight().leave(seat);
    if (hasLeft) {
      end(failure);
    }
    return hasLeft;
  }

  /** Ends this call at its deadline, if it waits for another one or for the executor. */
  private void expire(long since) {
    TimeoutExceededException exceeded = coalescer.exceeded(since);
    if (!endWait(exceeded) && seat.isLeading() && claimBegin()) {
      // As if it were completed from outside: the executor and the flight are left.
      completeExceptionally(exceeded);
    }
  }

  /** The call of this future in its flight. */
  private static final class Seat<K, V extends @Nullable Object> extends Caller<K, V> {
    private final CoalescedFuture<K, V> future;

    Seat(CoalescedFuture<K, V> future) {
      this.future = future;
    }

    /** Continuations and executors are the application's and may block, so the dispatcher hands over. */
    @Override
    void wake() {
      future.coalescer.dispatcher().endCall(future);
    }

    @Override
    @Nullable
    Thread runner() {
      return null;
    }
  }

  private static final class WaitEnd extends OwnedOperation<CoalescedFuture<?, ?>>
      implements Runnable {
    private final long since;
    private final long deadline;

    WaitEnd(CoalescedFuture<?, ?> future, long since, long deadline) {
      super(future);
      this.since = since;
      this.deadline = deadline;
    }

    @Override
    protected void onFire(CoalescedFuture<?, ?> future) {
      future.coalescer.dispatcher().endCall(this);
    }

    @Override
    public void run() {
      CoalescedFuture<?, ?> future = owner();
      if (future != null) {
        future.expire(since);
      }
    }

    /** One that waits for the executor is ended by it. */
    @Override
    protected void onTimerClosed(CoalescedFuture<?, ?> future) {
      future.coalescer.dispatcher().endCall(() -> future.endWait(future.coalescer.closed()));
    }
  }
}
