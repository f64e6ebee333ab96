package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.timer.SharedOperation;

/**
 * Judges a breaker's calls under way from time to time, as long as there are any: while all of them hang, no outcome causes a
 * judgement.
 */
abstract class SlowWatch extends SharedOperation {
  /*
   * A call counts itself under way, then looks whether the watch is armed; the watch rests, then looks for calls once more. So
   * one of the two sees the other's write, and no call goes unwatched (stress:
   * CallsInFlightStress.NoCallGoesUnwatched).
   */
  /** The shortest time between two looks. */
  private static final long SHORTEST_INTERVAL_NANOS = 1_000_000;

  private final BreakerRuntime runtime;

  SlowWatch(BreakerRuntime runtime) {
    this.runtime = runtime;
  }

  /** Judges the calls under way. */
  abstract void judge();

  /** Returns whether there are calls under way that must be watched. */
  abstract boolean isNeeded();

  /** Returns how long a call takes to be slow. */
  abstract long slowNanos();

  @Override
  protected long nextDeadline() {
    return runtime.time().nanoTime() + Math.max(SHORTEST_INTERVAL_NANOS, slowNanos() / 4);
  }

  /** Called after a call was counted under way. */
  void begin() {
    armUnlessArmed(runtime.timer());
  }

  @Override
  protected void onFire(long arming) {
    judge();
    if (isNeeded()) {
      runtime.timer().arm(this, nextDeadline());
      return;
    }
    rest();
    if (isNeeded()) {
      armUnlessArmed(runtime.timer());
    }
  }

  @Override
  protected void onTimerClosed(long arming) {}
}
