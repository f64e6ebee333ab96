package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.timer.TimerOperation;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Judges a breaker's calls under way from time to time, as long as there are any: while all of them hang, no outcome causes a
 * judgement.
 */
abstract class SlowWatch extends TimerOperation {
  /*
   * A call counts itself under way, then reads `watching`; the watch clears `watching`, then looks for calls once more. Both
   * are volatile, so one of the two sees the other's write, and no call goes unwatched (stress:
   * CallsInFlightStress.NoCallGoesUnwatched).
   */
  /** The shortest time between two looks. */
  private static final long SHORTEST_INTERVAL_NANOS = 1_000_000;

  private final BreakerRuntime runtime;
  private final AtomicBoolean watching = new AtomicBoolean();

  SlowWatch(BreakerRuntime runtime) {
    this.runtime = runtime;
  }

  /** Judges the calls under way. */
  abstract void judge();

  /** Returns whether there are calls under way that must be watched. */
  abstract boolean isNeeded();

  /** Returns how long a call takes to be slow. */
  abstract long slowNanos();

  private void arm() {
    long interval = Math.max(SHORTEST_INTERVAL_NANOS, slowNanos() / 4);
    runtime.timer().arm(this, runtime.time().nanoTime() + interval);
  }

  /** Called after a call was counted under way. */
  void begin() {
    if (!watching.get() && watching.compareAndSet(false, true)) {
      arm();
    }
  }

  @Override
  protected void onFire(long arming) {
    judge();
    if (!isNeeded()) {
      watching.set(false);
      if (!isNeeded() || !watching.compareAndSet(false, true)) {
        return;
      }
    }
    arm();
  }

  @Override
  protected void onTimerClosed(long arming) {}
}
