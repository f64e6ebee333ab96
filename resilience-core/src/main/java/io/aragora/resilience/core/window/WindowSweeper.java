package io.aragora.resilience.core.window;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.SharedOperation;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Looks through the windows that have rows every ten seconds, in the background, so that an idle one gives them back. Rests
 * where there are none.
 */
public final class WindowSweeper {
  /*
   * The list is a stack of the windows themselves. A window is in it from the moment it makes its first row until the sweep
   * that drops its rows: the thread that replaced NONE by rows pushes it, and no other does. The sweep takes the whole stack and
   * reads a window's successor before it sweeps it, since one whose rows were dropped may be pushed again at once. Pushing
   * and taking everything has no ABA. (Stress: TimeWindowRetirementStress.SweepAgainstCount.)
   */
  private static final long INTERVAL_NANOS = 10_000_000_000L;

  private final TimeSource time;
  private final CoarseClock clock;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final AtomicReference<@Nullable TimeWindow> live = new AtomicReference<>();
  private final Interval interval = new Interval();
  private final Runnable sweeping = new Runnable() {
    @Override
    public void run() {
      sweep();
    }
  };
  private volatile boolean closed;

  /**
   * Creates a sweeper at rest.
   *
   * @param time its time
   * @param clock tells windows the time
   * @param timer wakes it
   * @param dispatcher runs it
   */
  public WindowSweeper(TimeSource time, CoarseClock clock, Timer timer, Dispatcher dispatcher) {
    this.time = time;
    this.clock = clock;
    this.timer = timer;
    this.dispatcher = dispatcher;
  }

  /** {@return what tells windows the time} */
  CoarseClock clock() {
    return clock;
  }

  /** Called by the window that has just made its first row. */
  @SuppressWarnings("NullAway") // the stack's end is null
  void watch(TimeWindow window) {
    if (!closed) {
      push(window);
      interval.armUnlessArmed(timer);
    }
  }

  @SuppressWarnings("NullAway") // the stack's end is null
  private void push(TimeWindow window) {
    TimeWindow head;
    do {
      head = live.get();
      window.nextLive = head;
    } while (!live.compareAndSet(head, window));
  }

  boolean isWatching() {
    return live.get() != null;
  }

  /** Armed until it has come to its end: what fails before is tried again after the same time. */
  private void sweep() {
    try {
      sweepAll();
    } catch (Throwable e) {
      dispatcher.failed("windows of calls keep their memory until the next sweep", e);
      interval.armAfter(timer, INTERVAL_NANOS);
    }
  }

  private void sweepAll() {
    long now = clock.readPrecisely();
    TimeWindow window = live.getAndSet(null);
    while (window != null) {
      TimeWindow next = window.nextLive;
      window.nextLive = null;
      if (sweep(window, now)) {
        push(window);
      }
      window = next;
    }
    interval.rest();
    // Volatile, as `armed` is: a thread that pushes a window reads `armed` afterwards, and this one
    // looks again after clearing it. Were either weaker, a window could stay unswept. (Stress: the
    // same hand-shake as CallsInFlightStress.NoCallGoesUnwatched.)
    if (live.get() != null) {
      interval.armUnlessArmed(timer);
    }
  }

  private boolean sweep(TimeWindow window, long now) {
    try {
      return window.sweep(now);
    } catch (Throwable e) {
      dispatcher.failed("a window of calls keeps its memory until the next sweep", e);
      return true;
    }
  }

  private final class Interval extends SharedOperation {
    @Override
    protected long nextDeadline() {
      return time.nanoTime() + INTERVAL_NANOS;
    }

    @Override
    protected void onFire(long arming) {
      dispatcher.endCall(sweeping);
    }

    /** Breakers go on deciding, but no sweep follows: nothing may pile up here. */
    @Override
    @SuppressWarnings("NullAway") // the stack's end is null
    protected void onTimerClosed(long arming) {
      closed = true;
      live.set(null);
      rest();
    }
  }
}
