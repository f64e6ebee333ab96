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
final class LimitSlot extends LimitSlotPadAfter implements Frame.Expiry, Runnable {
  /*
   * Layout: one word,  deadline:60 | CLOSED | state:3,  and while the slot is FREE  uses:60 | 0.
   * The deadline stands in its own bits, rounded up to the next multiple of 16 ns, so every deadline of a long has room. It is
   * never early, and late by less than a tick of the timer, whose length is a multiple of 16 ns.
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
  private static final long BELOW_DEADLINE = (1L << SHIFT) - 1;
  private static final int SPINS = 200;

  /** Null for a slot that interrupts without a deadline: {@link OneInterrupt}. */
  private final @Nullable LimitTable table;

  /** Fires a slot that has no room in the table; null for a slot of the table. */
  private final @Nullable TimerOperation alarm;

  LimitSlot(LimitTable table, @Nullable TimerOperation alarm) {
    this.table = table;
    this.alarm = alarm;
  }

  /**
   * Creates a slot that is armed for a thread, which need not be the calling one.
   *
   * @param target the thread
   * @param deadline the deadline that {@link #expire} has to be called with
   */
  LimitSlot(Thread target, long deadline) {
    this.table = null;
    this.alarm = null;
    this.owner = target;
    WORD.setVolatile(this, armed(deadline));
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
    return ((deadline + BELOW_DEADLINE) & ~BELOW_DEADLINE) | ARMED;
  }

  private static int state(long word) {
    return (int) (word & STATE_MASK);
  }

  private static long with(long word, int state) {
    return (word & ~STATE_MASK) | state;
  }

  /** Returns the rounded deadline of an armed slot; {@link Long#MAX_VALUE} if it is not armed. */
  long armedDeadline() {
    long present = (long) WORD.getVolatile(this);
    return state(present) == ARMED ? present & ~BELOW_DEADLINE : Long.MAX_VALUE;
  }

  /**
   * Marks the slot as due. Called on the timer's thread.
   *
   * @return whether it was armed with that deadline, and is due now
   */
  boolean expire(long deadline) {
    return WORD.compareAndSet(this, armed(deadline), with(armed(deadline), DUE));
  }

  /** Returns whether the slot is due and its interrupt is not sent. */
  boolean isDue() {
    return state((long) WORD.getVolatile(this)) == DUE;
  }

  /**
   * Ends the limit because the timer is closed. The interrupt may hang, so the closing thread does
   * not send it.
   */
  void close() {
    long present = (long) WORD.getVolatile(this);
    if (state(present) == ARMED
        && WORD.compareAndSet(this, present, with(present, DUE) | CLOSED)
        && table != null) {
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
 * Keeps other objects off the lines of the fields that change: two lines, because of adjacent-line
 * prefetch. Bytes, because HotSpot fills the gap that a pad of longs leaves behind the header with a
 * small field of a subclass. (LimitSlotLayoutTest)
 */
@SuppressWarnings("unused")
class LimitSlotPadBefore {
  // spotless:off
  private byte b000, b001, b002, b003, b004, b005, b006, b007, b008, b009, b010, b011, b012, b013, b014, b015;
  private byte b016, b017, b018, b019, b020, b021, b022, b023, b024, b025, b026, b027, b028, b029, b030, b031;
  private byte b032, b033, b034, b035, b036, b037, b038, b039, b040, b041, b042, b043, b044, b045, b046, b047;
  private byte b048, b049, b050, b051, b052, b053, b054, b055, b056, b057, b058, b059, b060, b061, b062, b063;
  private byte b064, b065, b066, b067, b068, b069, b070, b071, b072, b073, b074, b075, b076, b077, b078, b079;
  private byte b080, b081, b082, b083, b084, b085, b086, b087, b088, b089, b090, b091, b092, b093, b094, b095;
  private byte b096, b097, b098, b099, b100, b101, b102, b103, b104, b105, b106, b107, b108, b109, b110, b111;
  private byte b112, b113, b114, b115, b116, b117, b118, b119, b120, b121, b122, b123, b124, b125, b126, b127;
  // spotless:on
}

/** The fields that change with each call. */
class LimitSlotState extends LimitSlotPadBefore {
  static final VarHandle WORD = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "word", VarHandle.class, LimitSlotState.class, long.class);
  static final VarHandle USES = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "uses", VarHandle.class, LimitSlotState.class, long.class);
  static final VarHandle MISSED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "missed", VarHandle.class, LimitSlotState.class, long.class);

  @SuppressWarnings("unused") // through its handle
  long word;

  /** The number of calls before the present one. */
  long uses;

  /** The number of those calls that did not end in time. */
  long missed;

  @Nullable
  Thread owner;
}

/** The same behind, where the fields that never change follow. */
@SuppressWarnings("unused")
class LimitSlotPadAfter extends LimitSlotState {
  // spotless:off
  private byte a000, a001, a002, a003, a004, a005, a006, a007, a008, a009, a010, a011, a012, a013, a014, a015;
  private byte a016, a017, a018, a019, a020, a021, a022, a023, a024, a025, a026, a027, a028, a029, a030, a031;
  private byte a032, a033, a034, a035, a036, a037, a038, a039, a040, a041, a042, a043, a044, a045, a046, a047;
  private byte a048, a049, a050, a051, a052, a053, a054, a055, a056, a057, a058, a059, a060, a061, a062, a063;
  private byte a064, a065, a066, a067, a068, a069, a070, a071, a072, a073, a074, a075, a076, a077, a078, a079;
  private byte a080, a081, a082, a083, a084, a085, a086, a087, a088, a089, a090, a091, a092, a093, a094, a095;
  private byte a096, a097, a098, a099, a100, a101, a102, a103, a104, a105, a106, a107, a108, a109, a110, a111;
  private byte a112, a113, a114, a115, a116, a117, a118, a119, a120, a121, a122, a123, a124, a125, a126, a127;
  // spotless:on
}
