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
public final class CoarseClock extends CoarseClockFields {
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

  /** How far this clock is behind at most, while the timer keeps up. */
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
        timer.arm(tick, precise + TICK_NANOS);
      }
    }
    return precise;
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
 * Keeps other objects off the lines of what follows: two lines, because of adjacent-line prefetch.
 */
@SuppressWarnings("unused")
class CoarseClockPadding {
  private long b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11, b12, b13, b14, b15;
}

/**
 * The fields that change, in their own class because a JVM never mixes the fields of a class with
 * those of its superclass.
 */
class CoarseClockFields extends CoarseClockPadding {
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
