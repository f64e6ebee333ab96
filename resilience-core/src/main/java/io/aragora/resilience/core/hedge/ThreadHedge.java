package io.aragora.resilience.core.hedge;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.policy.CheckedSupplier;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The delay of one synchronous call under a hedge, and what a further attempt needs. A thread uses it again for its next call at
 * the same depth, so a call that is not hedged allocates nothing.
 */
final class ThreadHedge extends TimerOperation implements Frame.Expiry {
  /*
   * Life: the calling thread writes the fields, arms the delay, and cancels it when its body has ended. If it was cancelled in
   * time, and has not fired before, the object is free for the next call. One that has fired is never used again: the timer's
   * thread may still read it.
   *
   *   race: null -> the race    timer's thread, or the caller after a failure
   *   race: null -> CLOSED      caller, when the body has ended and the delay has fired, but there is no race yet
   *
   * The timer's thread reads the fields and the frame of the caller before its CAS. If that succeeds, the caller was still inside
   * its body, so they were those of the call (stress: ThreadHedgeStress.RaceBelongsToItsCall).
   */
  private static final VarHandle RACE = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "race", VarHandle.class, ThreadHedge.class, Object.class);

  private static final Object CLOSED = new Object();

  private final Timer timer;
  private final Thread thread;
  private final Frame frame;

  private @Nullable CoreHedge hedge;
  private @Nullable HedgePlan plan;
  private @Nullable PolicyChain chain;
  private int index;
  private long startedAt;
  private @Nullable CheckedSupplier<?, ?> body;
  private ContextCarrier.@Nullable Carried carried;
  private boolean isArmed;

  /** Whether the caller has cancelled the delay before it passed. */
  private boolean isCancelled;

  /** Null, the {@link ThreadRace}, or CLOSED. */
  private volatile @Nullable Object race;

  private ThreadHedge(Timer timer, Frame frame) {
    this.timer = timer;
    this.thread = Thread.currentThread();
    this.frame = frame;
  }

  /** Returns the object of an earlier call of this frame, or a new one. */
  static ThreadHedge of(Frame frame, Timer timer) {
    return frame.earlierHedge() instanceof ThreadHedge earlier
            && earlier.timer == timer
            && earlier.race == null
        ? earlier
        : new ThreadHedge(timer, frame);
  }

  /** Begins a call of this thread. References are written only if they change, as in a frame. */
  @SuppressWarnings("ReferenceEquality") // the plan is compared as an object
  void begin(
      CoreHedge of,
      HedgePlan by,
      PolicyChain around,
      int at,
      long now,
      CheckedSupplier<?, ?> inside,
      ContextCarrier.@Nullable Carried context) {
    if (hedge != of) {
      hedge = of;
    }
    if (plan != by) {
      plan = by;
    }
    if (chain != around) {
      chain = around;
    }
    index = at;
    startedAt = now;
    body = inside;
    if (carried != context) {
      carried = context;
    }
    frame.enterHedge(this);
    long dueAt = now + by.delayNanos();
    isCancelled = false;
    isArmed = by.delayNanos() != 0 && dueAt < frame.deadline();
    if (isArmed) {
      timer.arm(this, dueAt);
    } else if (by.delayNanos() == 0) {
      ThreadRace<?> together = newRace(true, inside);
      race = together;
      together.startAll();
    }
  }

  /**
   * Called by the caller when its body has ended.
   *
   * @return the race; null if there is none and will be none
   */
  @Nullable
  ThreadRace<?> leave() {
    isCancelled = isArmed && timer.cancel(this);
    Object present = race;
    if (present == null && isArmed && !isCancelled) {
      present = RACE.compareAndSet(this, null, CLOSED) ? CLOSED : race;
    }
    if (present instanceof ThreadRace<?> running) {
      return running;
    }
    // Fields of a call that has ended keep nothing of it alive, nor the context of its thread.
    body = null;
    if (carried != null) {
      carried = null;
    }
    return null;
  }

  /** Returns a race after the first attempt has failed, which the delay did not begin. Called by the caller. */
  ThreadRace<?> raceAfterFailure(CheckedSupplier<?, ?> inside) {
    ThreadRace<?> created = newRace(false, inside);
    race = created;
    return created;
  }

  /** Returns whether the caller has cancelled the delay, so that the next hedge needs it to be armed again. */
  boolean isCancelled() {
    return isCancelled;
  }

  private ThreadRace<?> newRace(boolean isInside, CheckedSupplier<?, ?> inside) {
    return new ThreadRace<Object>(
        Objects.requireNonNull(hedge),
        Objects.requireNonNull(plan),
        startedAt,
        frame,
        Objects.requireNonNull(chain),
        index,
        thread,
        isInside,
        bodyOf(inside),
        carried,
        this);
  }

  @SuppressWarnings("unchecked") // the race gives its results to the caller, who knows their type
  private static CheckedSupplier<? extends Object, ?> bodyOf(CheckedSupplier<?, ?> inside) {
    return (CheckedSupplier<? extends Object, ?>) inside;
  }

  @Override
  protected void onFire(long arming) {
    Object present = race;
    if (present == null) {
      CheckedSupplier<?, ?> inside = body;
      if (inside == null) {
        // The call has just ended.
        return;
      }
      ThreadRace<?> created = newRace(true, inside);
      present = RACE.compareAndSet(this, null, created) ? created : race;
    }
    if (present instanceof ThreadRace<?> running) {
      running.hedge().dispatcher().endCall(running);
    }
  }

  @Override
  protected void onTimerClosed(long arming) {}

  @Override
  protected boolean isUsedOnce() {
    return false;
  }

  /** The delay is not a deadline. */
  @Override
  public boolean hasFired() {
    return false;
  }

  /** Asked while the caller is inside its body, so only a hedge can have ended the call. */
  @Override
  public boolean hasEndedCall() {
    return race instanceof ThreadRace<?> running && running.isOver();
  }

  @Override
  public boolean mayHaveMerged(boolean insideInterrupted) {
    return race instanceof ThreadRace<?> running && running.mayHaveMerged(insideInterrupted);
  }
}
