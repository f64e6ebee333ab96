package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.time.TimeSource;

/**
 * Runs the checks of a registry at a regular interval. A round begins only after the one before has
 * ended.
 */
final class RegularChecks extends TimerOperation implements Subscription {
  private final CoreHealthRegistry registry;
  private final long intervalNanos;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Runnable asking = this::ask;

  /** Guarded by this, and so are arming and cancelling. */
  private boolean closed;

  RegularChecks(
      CoreHealthRegistry registry,
      long intervalNanos,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher) {
    this.registry = registry;
    this.intervalNanos = intervalNanos;
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  synchronized void armAgain() {
    if (!closed) {
      timer.arm(this, time.nanoTime() + intervalNanos);
    }
  }

  private void askAgain() {
    try {
      armAgain();
    } catch (Throwable e) {
      armByLastDeadline();
      dispatcher.failed("regular health checks could not read the clock; they are tried again", e);
    }
  }

  private synchronized void armByLastDeadline() {
    if (!closed) {
      timer.arm(this, after(intervalNanos));
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the next round follows in any case
  private void ask() {
    try {
      registry.look(null).whenComplete((report, failure) -> askAgain());
    } catch (Throwable e) {
      askAgain();
      dispatcher.failed("regular health checks failed to run; they are tried again", e);
    }
  }

  @Override
  protected void onFire(long arming) {
    dispatcher.endCall(asking);
  }

  /**
   * Runs on the thread that closes the timer, or on one that arms after that; the latter holds this
   * lock, which is harmless.
   */
  @Override
  protected void onTimerClosed(long arming) {
    // no further round is needed
  }

  @Override
  public synchronized void close() {
    closed = true;
    timer.cancel(this);
  }
}
