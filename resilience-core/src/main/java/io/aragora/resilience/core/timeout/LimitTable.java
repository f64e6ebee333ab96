package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.stripe.Stripes;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.core.window.StripedCount;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The limits of the synchronous calls of one timeout that are in progress. A call takes a slot by
 * one CAS and frees it by another. One timer operation, the patrol, scans the slots when the
 * earliest is due. Lock-free.
 */
final class LimitTable extends TimerOperation {
  /*
   * Patrol: all calls of a timeout have the same limit, so a deadline is never earlier than one
   * that was claimed before. The patrol is armed only if it is not armed yet: once per limit
   * duration, for any number of calls.
   *
   * Memory order: patrolAt is the latest instant of the next scan: NEVER if it is not armed, ARMING
   * while a caller arms it, LOOKING during a scan, CLOSED at the end. The handshake is Dekker's; each
   * side writes its part, then reads the other's.
   *
   *   caller                                       patrol
   *   1. claim a slot         (CAS)                1. patrolAt = LOOKING           (volatile)
   *   2. read patrolAt        (volatile)           2. look: what is due, what comes next
   *   3. NEVER: arm the patrol, between a CAS      3. patrolAt = next              (volatile)
   *      to ARMING and one to its instant
   *      ARMING, LOOKING: take an alarm instead
   *
   * A caller that reads what patrolAt was before LOOKING has claimed before the patrol looks, which
   * sees the slot. One that reads what it is after LOOKING compares its deadline with the next scan.
   * One that reads LOOKING cannot know whether its slot is still to be looked at, so it does not rely
   * on the patrol. (Stress: LimitTableStress.NoCallGoesUnwatched. Test:
   * nearDeadline_claimedBehindThePatrol_firesInTime.) The
   * operation is armed only by the thread that changes NEVER by a CAS, or by the patrol itself
   * before it writes NEVER, so it has one owner at a time. No call relies on an arming before it has
   * succeeded: its thread may stall, or fail. (Test: patrolThatCannotBeArmed_leavesNoOtherCallUnwatched.)
   *
   * Alarms: a caller that lost its processor between reading the clock and claiming, or whose limit
   * was made shorter, has an earlier deadline than the patrol's. It gets its own timer operation, as do calls that find no free
   * slot. Those are calls beyond MAX_SLOTS at once, which are waiting threads and not a hot path.
   */
  private static final VarHandle PATROL_AT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "patrolAt", VarHandle.class, LimitTable.class, long.class);
  private static final VarHandle SLOTS = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "slots", VarHandle.class, LimitTable.class, LimitSlot[].class);

  // In this order: every instant is greater than each of them.
  private static final long LOOKING = Long.MIN_VALUE;
  private static final long ARMING = LOOKING + 1;
  private static final long CLOSED = LOOKING + 2;
  private static final int MAX_SLOTS = Math.max(256, Stripes.MAX);
  private static final int PROBES = 8;

  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final StripedCount inTimeElsewhere = new StripedCount();
  private volatile LimitSlot[] slots = new LimitSlot[0];
  private volatile long patrolAt = TimeSource.NEVER;

  /** Whether the last patrol marked a slot whose interrupt it could not hand over. Used by the driving thread. */
  private boolean isUnsent;

  LimitTable(TimeSource time, Timer timer, Dispatcher dispatcher) {
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  /**
   * Arms a limit for a call of this thread.
   *
   * @param frame the frame of the call, which receives the limit
   * @return the limit; null if the timer is closed
   */
  @Nullable
  LimitSlot claim(long deadline, Frame frame) {
    // The slot of this thread's last call, so that threads whose ids choose the same slot collide
    // only once.
    LimitSlot slot =
        frame.expiry() instanceof LimitSlot last && last.isOf(this) && last.tryClaim(deadline)
            ? last
            : take(deadline);
    if (slot == null) {
      return alarmed(deadline, frame);
    }
    long patrol = patrolAt;
    return patrol <= deadline && patrol > CLOSED
        ? slot
        : claimBefore(slot, patrol, deadline, frame);
  }

  private @Nullable LimitSlot take(long deadline) {
    LimitSlot[] present = slots;
    int hash = Stripes.hashOfThread();
    if (present.length != 0) {
      for (int probe = 0; probe < PROBES; probe++) {
        LimitSlot slot = present[(hash + probe) & (present.length - 1)];
        if (slot.tryClaim(deadline)) {
          return slot;
        }
      }
    }
    if (present.length >= MAX_SLOTS) {
      return null;
    }
    grow(present);
    return take(deadline);
  }

  /** Doubles the table. A thread that loses the race uses the table of the winner. */
  private void grow(LimitSlot[] present) {
    int length = present.length == 0 ? Math.min(Stripes.MAX, MAX_SLOTS) : present.length * 2;
    LimitSlot[] more = Arrays.copyOf(present, length);
    for (int i = present.length; i < length; i++) {
      more[i] = new LimitSlot(this, null);
    }
    SLOTS.compareAndSet(this, present, more);
  }

  /** Handles the cases in which the patrol is not armed, is being armed, comes too late, is looking, or is closed. */
  private @Nullable LimitSlot claimBefore(LimitSlot slot, long patrol, long deadline, Frame frame) {
    if (patrol == TimeSource.NEVER && PATROL_AT.compareAndSet(this, TimeSource.NEVER, ARMING)) {
      armPatrol(slot, deadline, frame);
      return unlessClosed(slot, frame);
    }
    slot.settle(false, frame);
    if (patrol == CLOSED) {
      return null;
    }
    return patrol == TimeSource.NEVER ? claim(deadline, frame) : alarmed(deadline, frame);
  }

  /** Arms the patrol, whose arming this thread has claimed. If that fails, the call does not begin, and the next one arms it. */
  private void armPatrol(LimitSlot slot, long deadline, Frame frame) {
    boolean isArmed = false;
    try {
      timer.arm(this, deadline);
      isArmed = true;
    } finally {
      // Unless it was closed meanwhile, or has looked already.
      PATROL_AT.compareAndSet(this, ARMING, isArmed ? deadline : TimeSource.NEVER);
      if (!isArmed) {
        slot.settle(false, frame);
      }
    }
  }

  private @Nullable LimitSlot alarmed(long deadline, Frame frame) {
    Alarm alarm = new Alarm(deadline);
    alarm.slot.tryClaim(deadline);
    timer.arm(alarm, deadline);
    return unlessClosed(alarm.slot, frame);
  }

  /**
   * Returns the slot, or null if the timer is closed: a closed timer ends an arming at once, on the
   * arming thread.
   */
  private static @Nullable LimitSlot unlessClosed(LimitSlot slot, Frame frame) {
    if (!slot.isClosed()) {
      return slot;
    }
    slot.settle(false, frame);
    return null;
  }

  /**
   * Ends a limit when the body has ended.
   *
   * @return whether the deadline was not reached; else the caller must settle the slot
   */
  boolean endInTime(LimitSlot slot, long deadline) {
    boolean inTime = slot.endInTime(deadline);
    if (inTime && slot.alarm() != null) {
      timer.cancel(slot.alarm());
      inTimeElsewhere.increment();
    }
    return inTime;
  }

  void interruptAtClosing(LimitSlot slot) {
    dispatcher.interruptAtClosing(slot);
  }

  /** Counts a call in time that needed no limit of its own. */
  void countInTime() {
    inTimeElsewhere.increment();
  }

  long inTime() {
    long sum = inTimeElsewhere.sum();
    for (LimitSlot slot : slots) {
      sum += slot.inTime();
    }
    return sum;
  }

  @Override
  protected void onFire(long arming) {
    PATROL_AT.setVolatile(this, LOOKING);
    long now = time.nanoTime();
    long next = look(now);
    // Armed first: while it is LOOKING, no other thread arms it. If that fails, the timer fires it
    // again.
    if (next != TimeSource.NEVER) {
      timer.arm(this, next);
    }
    // Not if a timer that was closed meanwhile has ended that arming: CLOSED stays.
    PATROL_AT.compareAndSet(this, LOOKING, next);
  }

  /**
   * Marks the slots that are due. Returns the earliest deadline of the others. If an interrupt cannot be handed over, the timer
   * fires the patrol again, which then hands over all interrupts that are due: one that is handed over twice is sent once.
   */
  private long look(long now) {
    long next = TimeSource.NEVER;
    boolean isAgain = isUnsent;
    isUnsent = true;
    for (LimitSlot slot : slots) {
      long deadline = slot.armedDeadline();
      if (deadline > now) {
        next = Math.min(next, deadline);
      } else if (slot.expire(deadline)) {
        dispatcher.interrupt(slot);
      }
      if (isAgain && slot.isDue()) {
        dispatcher.interrupt(slot);
      }
    }
    isUnsent = false;
    return next;
  }

  @Override
  protected void onTimerClosed(long arming) {
    PATROL_AT.setVolatile(this, CLOSED);
    for (LimitSlot slot : slots) {
      slot.close();
    }
  }

  @Override
  protected boolean isUsedOnce() {
    return false;
  }

  /** Fires one slot that is not in the table. */
  private final class Alarm extends TimerOperation {
    private final long deadline;
    private final LimitSlot slot = new LimitSlot(LimitTable.this, this);

    Alarm(long deadline) {
      this.deadline = deadline;
    }

    @Override
    protected void onFire(long arming) {
      // Due already if this is another try, because no thread took the interrupt.
      if (slot.expire(deadline) || slot.isDue()) {
        dispatcher.interrupt(slot);
      }
    }

    @Override
    protected void onTimerClosed(long arming) {
      slot.close();
    }
  }
}
