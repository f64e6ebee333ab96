package io.aragora.resilience.core.time;

import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A clock that costs a load instead of a clock reading, and is some ten milliseconds behind while
 * the machine keeps up. Thread-safe, lock-free.
 *
 * <p>It serves code that needs no better precision: the bucket of a window to which an outcome
 * belongs, and whether a cooldown is far from its end. No deadline is derived from it, since that
 * would be early.
 */
public final class CoarseClock extends CoarseClockPadAfter {
  /*
   * Ticking: while calls arrive, the timer advances `now` every tick. After a second without a call
   * it sets `now` to ASLEEP, so an idle process has no wake-ups. A caller sets `touched` only if it
   * is false: one write for each tick, not for each call.
   *
   * Waking: a caller that finds the clock asleep reads the precise clock. It wakes this clock only
   * if the last such reading is less than a millisecond old, so an occasional call does not keep
   * the timer busy.
   *
   *   ASLEEP -> t     CAS of a caller, which then owns the operation and arms it
   *   t -> t' > t     CAS, by the timer or by a thread that read the precise clock and found this one
   *                   far behind
   *   t -> ASLEEP     by the timer, which does not arm again; or at its closing, for good
   *
   * A timer thread that gets no processor would freeze the clock. So each thread that needs the
   * precise time anyway advances it: failures, evaluations, probes.
   *
   * Memory order: `now`, `touched` and `lastAsleep` are read opaque, and the latter two written
   * opaque. Nothing is published through them, each value stands for itself, and a long must not
   * tear. A value that is seen late is as good as a tick that comes late; a lost write of `touched`
   * or `lastAsleep` costs a wake-up. A volatile CAS wakes or advances `now`: of two threads that
   * wake it, one arms. Falling asleep is a volatile write and may undo an advance of that moment,
   * which costs a clock reading. `dead` is written before the last ASLEEP and read after it, so no
   * thread wakes a clock that will not tick. A thread that read `dead` just before arms a closed
   * timer, which ends the arming at once. (Stress: CoarseClockStress.NeverStuck.)
   *
   * Progress: reading is wait-free; waking and advancing are lock-free.
   */
  private static final long TICK_NANOS = 10L << 20;

  /** The largest delay of this clock, while the timer keeps up. */
  public static final long USUAL_LAG_NANOS = 2 * TICK_NANOS;

  private static final int QUIET_TICKS = 96;
  private static final long BURST_NANOS = 1_000_000;

  private final TimeSource time;
  private final Timer timer;
  private final Tick tick = new Tick();

  /**
   * Creates a sleeping clock.
   *
   * @param time the precise clock
   * @param timer advances this clock
   */
  public CoarseClock(TimeSource time, Timer timer) {
    this.time = time;
    this.timer = timer;
  }

  /**
   * Returns the time.
   *
   * @return nanoseconds of the time source, some ten milliseconds behind while the timer keeps up
   */
  public long read() {
    long present = (long) NOW.getOpaque(this);
    if (present == ASLEEP) {
      return readAsleep();
    }
    if (!(boolean) TOUCHED.getOpaque(this)) {
      TOUCHED.setOpaque(this, true);
    }
    return present;
  }

  private long readAsleep() {
    long precise = time.nanoTime();
    if (!dead) {
      long last = (long) LAST_ASLEEP.getOpaque(this);
      LAST_ASLEEP.setOpaque(this, precise);
      if (precise - last < BURST_NANOS && NOW.compareAndSet(this, ASLEEP, precise)) {
        armFirst(precise);
      }
    }
    return precise;
  }

  /** Arms the tick of a clock that this thread has woken. If that fails, the clock sleeps on. */
  private void armFirst(long precise) {
    boolean isArmed = false;
    try {
      timer.arm(tick, precise + TICK_NANOS);
      isArmed = true;
    } finally {
      if (!isArmed) {
        NOW.setVolatile(this, ASLEEP);
      }
    }
  }

  /**
   * Returns the precise time, and advances this clock if it is further behind than it should be.
   *
   * @return nanoseconds of the time source
   */
  public long readPrecisely() {
    long precise = time.nanoTime();
    if (precise - (long) NOW.getOpaque(this) >= USUAL_LAG_NANOS) {
      raise(precise);
    }
    return precise;
  }

  /**
   * Returns whether a deadline is so far ahead that the lag of this clock does not matter.
   *
   * @param deadlineNanos a time of the source
   * @return whether the deadline has certainly not come, if the timer keeps up
   */
  public boolean isWellBefore(long deadlineNanos) {
    return deadlineNanos - read() > USUAL_LAG_NANOS;
  }

  private void raise(long precise) {
    long present = (long) NOW.getVolatile(this);
    while (present != ASLEEP && present < precise && !NOW.compareAndSet(this, present, precise)) {
      present = (long) NOW.getVolatile(this);
    }
  }

  private final class Tick extends TimerOperation {
    /** Accessed only while firing, which one thread does at a time. */
    private int quiet;

    @Override
    protected void onFire(long arming) {
      if ((boolean) TOUCHED.getOpaque(CoarseClock.this)) {
        TOUCHED.setOpaque(CoarseClock.this, false);
        quiet = 0;
      } else if (++quiet >= QUIET_TICKS) {
        quiet = 0;
        NOW.setVolatile(CoarseClock.this, ASLEEP);
        return;
      }
      long precise = time.nanoTime();
      raise(precise);
      timer.arm(this, precise + TICK_NANOS);
    }

    @Override
    protected void onTimerClosed(long arming) {
      dead = true;
      NOW.setVolatile(CoarseClock.this, ASLEEP);
    }
  }
}

/**
 * Keeps other objects off the lines of the fields that change: two lines, because of adjacent-line
 * prefetch. Bytes, because HotSpot fills the gap that a pad of longs leaves behind the header with a
 * small field of a subclass. (CoarseClockLayoutTest)
 */
@SuppressWarnings("unused")
class CoarseClockPadBefore {
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

/** The fields that change. */
class CoarseClockFields extends CoarseClockPadBefore {
  static final long ASLEEP = -1;
  static final VarHandle NOW = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "now", VarHandle.class, CoarseClockFields.class, long.class);
  static final VarHandle TOUCHED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "touched", VarHandle.class, CoarseClockFields.class, boolean.class);
  static final VarHandle LAST_ASLEEP = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "lastAsleep", VarHandle.class, CoarseClockFields.class, long.class);

  @SuppressWarnings("unused") // through its handle
  private long now = ASLEEP;

  @SuppressWarnings("unused") // through its handle
  private boolean touched;

  /** The instant at which a caller last found the clock asleep. */
  @SuppressWarnings("unused") // through its handle
  private long lastAsleep = Long.MIN_VALUE / 2;

  /** Set once, when the timer is closed. */
  volatile boolean dead;
}

/** The same behind, where the fields that never change follow. */
@SuppressWarnings("unused")
class CoarseClockPadAfter extends CoarseClockFields {
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
