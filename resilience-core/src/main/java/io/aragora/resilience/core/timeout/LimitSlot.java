package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.timer.TimerOperation;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The limit of one synchronous call: its deadline, its thread, and the progress of that thread's
 * interrupt. Calls reuse the slots of a table, so a call that ends in time allocates nothing.
 */
final class LimitSlot extends LimitSlotFields implements Frame.Expiry, Runnable {
  /*
   * Layout: one word,  deadline:60 | CLOSED | state:3,  and while the slot is FREE  uses:60 | 0.
   *
   * Interrupt: the timer's thread must not interrupt, because Thread.interrupt() closes an
   * interruptible channel on the interrupter's own thread, which is foreign code. So the timer
   * marks the slot DUE, and the interrupter sends. When its body has ended, the owner takes a DUE
   * slot back and nothing is sent. If the slot is SENDING, the owner waits until the interrupt was
   * sent, so no interrupt of this limit arrives after the call.
   *
   *   FREE    -> ARMED      owner, the same thread as before          ARMED -> FREE           owner, in time
   *   FREE    -> CLAIMING -> ARMED   owner, another thread            DUE   -> TAKEN -> FREE  owner
   *   ARMED   -> DUE        timer
   *   DUE     -> SENDING    interrupter
   *   SENDING -> SENT       interrupter, after interrupt()                                     -> FREE   owner
   *   SENDING -> SKIPPED    interrupter, if the flag is set already, by the outside            -> FREE   owner
   *   SKIPPED -> SENT       owner, if the flag was that of an inner limit, and is set again
   *
   * Memory order: every transition that two parties may make is a CAS of the whole word. A slot
   * that was freed and armed again by another call has another deadline, or the same one, and then
   * it is due as well. (Stress: LimitSlotStress.NoInterruptAfterSettle, ExpiryStaysWithItsCall.)
   *
   * Owner: the thread is written only if it differs from the previous one, since a reference store
   * into an old object costs a full fence with a region-based collector. The slot is CLAIMING
   * meanwhile, and no thread fires it. The uses guarantee that the thread is still the one that was
   * read: they change with every call, so the CAS that arms fails if another call came between.
   * They also count the calls: a call in time needs no store besides its two CAS.
   */
  private static final int FREE = 0;
  private static final int ARMED = 1;
  private static final int DUE = 2;
  private static final int SENDING = 3;
  private static final int SENT = 4;
  private static final int SKIPPED = 5;
  private static final int TAKEN = 6;
  private static final int CLAIMING = 7;

  private static final long STATE_MASK = 7;
  private static final long CLOSED = 8;
  private static final int SHIFT = 4;
  private static final int SPINS = 200;

  private final LimitTable table;

  /** Fires a slot that has no room in the table; null for a slot of the table. */
  private final @Nullable TimerOperation alarm;

  LimitSlot(LimitTable table, @Nullable TimerOperation alarm) {
    this.table = table;
    this.alarm = alarm;
  }

  /**
   * Returns whether this is a slot of the table. A slot with an alarm is not, although the table
   * created it.
   */
  boolean isOf(LimitTable other) {
    return table == other && alarm == null;
  }

  @Nullable
  TimerOperation alarm() {
    return alarm;
  }

  /**
   * Arms the slot for a call of this thread.
   *
   * @return false if the slot is in use
   */
  boolean tryClaim(long deadline) {
    // Acquire: pairs with the release that freed the slot, so the owner read below belongs to that
    // word. If weaker, another thread could be interrupted. Stress:
    // LimitSlotStress.ExpiryStaysWithItsCall.
    long free = (long) WORD.getAcquire(this);
    if (state(free) != FREE) {
      return false;
    }
    Thread current = Thread.currentThread();
    if (owner == current) {
      if (!WORD.compareAndSet(this, free, armed(deadline))) {
        return false;
      }
    } else {
      if (!WORD.compareAndSet(this, free, with(free, CLAIMING))) {
        return false;
      }
      owner = current;
      // Volatile: publishes the owner to the interrupter, and precedes the caller's read of
      // patrolAt. Stress: LimitSlotStress.ExpiryStaysWithItsCall,
      // LimitTableStress.NoCallGoesUnwatched.
      WORD.setVolatile(this, armed(deadline));
    }
    // Opaque: threads that sum up the counts read it, and a long must not tear.
    USES.setOpaque(this, free >> SHIFT);
    return true;
  }

  /**
   * Ends the limit when the body has ended.
   *
   * @return whether the deadline was not reached; then the call is counted and the slot is free,
   *     else {@link #settle} must follow
   */
  boolean endInTime(long deadline) {
    return WORD.compareAndSet(this, armed(deadline), (uses + 1) << SHIFT);
  }

  private void freeMissed() {
    MISSED.setOpaque(this, missed + 1);
    // Release: pairs with the acquire of the next claim, whose thread sees owner and counts as they
    // are left here. Stress: LimitSlotStress.ExpiryStaysWithItsCall,
    // LimitTableStress.EachHasItsOwn.
    WORD.setRelease(this, (uses + 1) << SHIFT);
  }

  /**
   * Ensures that no interrupt of this limit is being sent or pending, and frees the slot.
   *
   * @param leftByInterrupt whether the body threw InterruptedException, which cleared this limit's
   *     interrupt; a flag that is set then comes from outside
   * @param frame the frame of this limit
   * @return whether the timer was closed before the deadline
   */
  boolean settle(boolean leftByInterrupt, Frame frame) {
    while (true) {
      long present = (long) WORD.getVolatile(this);
      switch (state(present)) {
        case SENDING -> awaitSent();
        case ARMED, DUE -> WORD.compareAndSet(this, present, with(present, TAKEN));
        default -> {
          boolean sent = state(present) == SENT;
          if (sent && !leftByInterrupt) {
            Thread.interrupted();
          }
          // The flag is one bit: the cleared interrupt, here or by the exception, may have been
          // that of an outer limit, too.
          if ((sent || leftByInterrupt) && frame.mayEnclosingHaveMerged(sent)) {
            Thread.currentThread().interrupt();
          }
          boolean wasClosed = (present & CLOSED) != 0;
          freeMissed();
          return wasClosed;
        }
      }
    }
  }

  private void awaitSent() {
    for (int spins = 0; state((long) WORD.getVolatile(this)) == SENDING; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        // The interrupter may be closing a channel. It is never parked for long, so a short sleep
        // needs no handshake.
        LockSupport.parkNanos(this, 50_000);
      }
    }
  }

  private static long armed(long deadline) {
    return deadline << SHIFT | ARMED;
  }

  private static int state(long word) {
    return (int) (word & STATE_MASK);
  }

  private static long with(long word, int state) {
    return (word & ~STATE_MASK) | state;
  }

  /** Returns the deadline of an armed slot; {@link Long#MAX_VALUE} if it is not armed. */
  long armedDeadline() {
    long present = (long) WORD.getVolatile(this);
    return state(present) == ARMED ? present >> SHIFT : Long.MAX_VALUE;
  }

  /**
   * Marks the slot as due. Called on the timer's thread.
   *
   * @return whether it was armed with that deadline, and is due now
   */
  boolean expire(long deadline) {
    return WORD.compareAndSet(this, armed(deadline), with(armed(deadline), DUE));
  }

  /**
   * Ends the limit because the timer is closed. The interrupt may hang, so the closing thread does
   * not send it.
   */
  void close() {
    long present = (long) WORD.getVolatile(this);
    if (state(present) == ARMED && WORD.compareAndSet(this, present, with(present, DUE) | CLOSED)) {
      table.interruptAtClosing(this);
    }
  }

  boolean isClosed() {
    return ((long) WORD.getVolatile(this) & CLOSED) != 0;
  }

  /**
   * Returns the number of calls that ended in time. A call that is just beginning may hide the
   * previous one.
   */
  long inTime() {
    long present = (long) WORD.getVolatile(this);
    long used = state(present) == FREE ? present >> SHIFT : (long) USES.getOpaque(this);
    return used - (long) MISSED.getOpaque(this);
  }

  @Override
  public boolean hasFired() {
    long present = (long) WORD.getVolatile(this);
    return state(present) != ARMED && (present & CLOSED) == 0;
  }

  /**
   * Called by the owner, which would set the flag again. While this limit is SENDING that would be
   * too early: the interrupter could mistake that flag for an interrupt from outside and skip, and
   * no thread would clear it. A limit that skipped because of the inner limit's flag has not
   * interrupted yet; it counts as sent when the owner sets the flag. (Stress:
   * LimitSlotStress.OuterInterruptIsNotLost.)
   */
  @Override
  public boolean mayHaveMerged(boolean insideInterrupted) {
    awaitSent();
    long present = (long) WORD.getVolatile(this);
    if (state(present) == SKIPPED && insideInterrupted) {
      // Only the owner changes a SKIPPED slot.
      WORD.setVolatile(this, with(present, SENT));
      return true;
    }
    return state(present) == SENT;
  }

  /** Sends the interrupt, on the interrupter's thread. */
  @Override
  public void run() {
    long due = (long) WORD.getVolatile(this);
    if (state(due) != DUE || !WORD.compareAndSet(this, due, with(due, SENDING))) {
      return;
    }
    Thread target = owner;
    int sent = SKIPPED;
    try {
      if (target != null && !target.isInterrupted()) {
        sent = SENT;
        target.interrupt();
      }
    } finally {
      // Volatile, after the interrupt: pairs with the owner's wait, which clears the flag only
      // after reading it. If weaker, the interrupt could arrive after the call. Stress:
      // LimitSlotStress.NoInterruptAfterSettle.
      WORD.setVolatile(this, with(due, sent));
    }
  }
}

/**
 * Keeps other objects off the lines of what follows: two lines, because of adjacent-line prefetch.
 */
@SuppressWarnings("unused")
class LimitSlotPadding {
  private long b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15;
}

/**
 * The fields that change with each call, in their own class because a JVM never mixes the fields of
 * a class with those of its superclass.
 */
class LimitSlotState extends LimitSlotPadding {
  @SuppressWarnings("unused") // through its handle
  long word;

  /** The number of calls before the present one. */
  long uses;

  /** The number of those calls that did not end in time. */
  long missed;

  @Nullable
  Thread owner;
}

/** The padding behind. */
@SuppressWarnings("unused")
class LimitSlotFields extends LimitSlotState {
  static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, LimitSlotState.class, long.class);
  static final VarHandle USES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "uses", VarHandle.class, LimitSlotState.class, long.class);
  static final VarHandle MISSED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "missed", VarHandle.class, LimitSlotState.class, long.class);

  private long e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14, e15;
}
