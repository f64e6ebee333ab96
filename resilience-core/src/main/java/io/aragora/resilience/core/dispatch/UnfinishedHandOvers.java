package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.time.TimeSource;
import org.jspecify.annotations.Nullable;

/**
 * The hand-overs that failed; each is tried again 10 ms later. Adding one allocates nothing.
 * Thread-safe.
 */
final class UnfinishedHandOvers extends TimerOperation {
  private static final long AGAIN_NANOS = 10_000_000L;

  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Runnable handingOver = new Runnable() {
    @Override
    public void run() {
      handOverAll();
    }
  };

  // Guarded by this.
  private @Nullable RepeatedHandOver first;
  private boolean armed;

  UnfinishedHandOvers(TimeSource time, Timer timer, Dispatcher dispatcher) {
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  void add(RepeatedHandOver failed) {
    synchronized (this) {
      if (failed.next == null) {
        failed.next = first == null ? failed : first;
        first = failed;
      }
      if (armed) {
        return;
      }
      armed = true;
    }
    // Without the monitor: after closing, the arming thread hands over at once, which calls
    // listeners.
    boolean done = false;
    try {
      timer.arm(this, time.nanoTime() + AGAIN_NANOS);
      done = true;
    } finally {
      if (!done) {
        disarmed();
      }
    }
  }

  private synchronized void disarmed() {
    armed = false;
  }

  private void handOverAll() {
    RepeatedHandOver failed = takeAll();
    while (failed != null) {
      RepeatedHandOver after = failed.next;
      RepeatedHandOver one = failed;
      failed = after == one ? null : after;
      synchronized (this) {
        one.next = null;
      }
      one.handOver();
    }
  }

  private synchronized @Nullable RepeatedHandOver takeAll() {
    RepeatedHandOver all = first;
    first = null;
    armed = false;
    return all;
  }

  @Override
  protected void onFire(long arming) {
    dispatcher.tell(handingOver);
  }

  /**
   * After closing, events are delivered by the thread that publishes them. So waiting events are
   * delivered here.
   */
  @Override
  protected void onTimerClosed(long arming) {
    dispatcher.tell(handingOver);
  }
}
