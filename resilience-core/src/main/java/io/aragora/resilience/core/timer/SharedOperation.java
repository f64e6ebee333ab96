package io.aragora.resilience.core.timer;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An operation that any thread may have to arm, and that one of them arms. If that fails, because the heap is full or the clock
 * throws, it counts as not armed, and the next thread tries again. Lock-free.
 */
public abstract class SharedOperation extends TimerOperation {
  /**
   * Volatile, and changed from false by a CAS. A thread publishes its work, then reads it; the thread that {@linkplain #rest clears}
   * it looks for work afterwards. So one of the two sees the other's write, and no work waits unseen. Stress:
   * CallsInFlightStress.NoCallGoesUnwatched, StateSaverStress.NoChangeWaitsUnscheduled.
   */
  private static final VarHandle IS_CLAIMED = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "isClaimed", VarHandle.class, SharedOperation.class, boolean.class);

  private volatile boolean isClaimed;

  /** Creates an operation that is not armed. */
  protected SharedOperation() {}

  /**
   * Returns when this operation has to fire. Called by the thread that arms it. What it throws, the thread receives.
   *
   * @return the deadline, in nanoseconds of the time source
   */
  protected abstract long nextDeadline();

  /**
   * Arms this operation, unless it is armed or its firing is still under way.
   *
   * @param timer the timer
   */
  public final void armUnlessArmed(Timer timer) {
    if (!isClaimed && IS_CLAIMED.compareAndSet(this, false, true)) {
      armAgain(timer);
    }
  }

  /**
   * Arms this operation again after it has fired, on another thread than the timer's. If {@link #onFire} arms again itself and fails,
   * it is called again, so it calls the timer instead of this.
   *
   * @param timer the timer
   */
  public final void armAgain(Timer timer) {
    boolean isArmed = false;
    try {
      timer.arm(this, nextDeadline());
      isArmed = true;
    } finally {
      if (!isArmed) {
        rest();
      }
    }
  }

  /**
   * Arms this operation again as {@link #armAgain} does, but reads no clock, because the clock may be what failed.
   *
   * @param timer the timer
   * @param nanos the time after the last deadline, in nanoseconds
   */
  public final void armAfter(Timer timer, long nanos) {
    boolean isArmed = false;
    try {
      timer.arm(this, after(nanos));
      isArmed = true;
    } finally {
      if (!isArmed) {
        rest();
      }
    }
  }

  /** Says that the work of a firing is done, and that nothing is armed. The caller looks for work once more afterwards. */
  public final void rest() {
    isClaimed = false;
  }
}
