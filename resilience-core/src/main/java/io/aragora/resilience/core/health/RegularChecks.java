package io.aragora.resilience.core.health;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.time.TimeSource;

/** Asks a registry again and again, one time after the other. */
final class RegularChecks extends TimerOperation implements Subscription {
  private final HealthRegistry registry;
  private final long intervalNanos;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Runnable asking = this::ask;

  /** Guarded by this, as arming and cancelling are. */
  private boolean closed;

  RegularChecks(
      HealthRegistry registry,
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
      dispatcher.failed("regular health checks could not read the clock, and run again", e);
    }
  }

  private synchronized void armByLastDeadline() {
    if (!closed) {
      timer.arm(this, after(intervalNanos));
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // it goes on however the report turns out
  private void ask() {
    try {
      registry.checkAllAsync().whenComplete((report, failure) -> askAgain());
    } catch (Throwable e) {
      askAgain();
      dispatcher.failed("regular health checks did not run, and run again", e);
    }
  }

  @Override
  protected void onFire(long arming) {
    dispatcher.endCall(asking);
  }

  /** Runs on the thread that closes the timer, or that arms too late: under this lock then, which changes nothing. */
  @Override
  protected void onTimerClosed(long arming) {
    // nothing will be asked any more
  }

  @Override
  public synchronized void close() {
    closed = true;
    timer.cancel(this);
  }
}
