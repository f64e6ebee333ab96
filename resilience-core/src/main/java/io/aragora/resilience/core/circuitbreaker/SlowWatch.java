package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.timer.TimerOperation;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Looks at a breaker's calls under way from time to time, as long as there are any: when all of them hang, no outcome comes
 * that would make anybody look.
 */
final class SlowWatch extends TimerOperation {
  /*
   * A call counts itself under way, then reads `watching`; the watch clears `watching`, then looks for calls once more. Both
   * are volatile, so one of the two sees the other's write, and no call goes unwatched (stress:
   * CallsInFlightStress.NoCallGoesUnwatched).
   */
  private final PermitIssuer breaker;
  private final AtomicBoolean watching = new AtomicBoolean();

  SlowWatch(PermitIssuer breaker) {
    this.breaker = breaker;
  }

  /** Called after a call was counted under way. */
  void begin() {
    if (!watching.get() && watching.compareAndSet(false, true)) {
      breaker.armSlowWatch(this);
    }
  }

  @Override
  protected void onFire(long arming) {
    breaker.judgeCallsInFlight();
    if (!breaker.hasWatchedCalls()) {
      watching.set(false);
      if (!breaker.hasWatchedCalls() || !watching.compareAndSet(false, true)) {
        return;
      }
    }
    breaker.armSlowWatch(this);
  }

  @Override
  protected void onTimerClosed(long arming) {}
}
