package io.aragora.resilience.examples.simulation;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.util.PriorityQueue;

/** The planned events of the simulation, by time and then in the order of planning. Used by one thread. */
final class Agenda implements TimerCallback {
  private record Entry(long at, long number, Runnable event) implements Comparable<Entry> {
    @Override
    public int compareTo(Entry other) {
      return at != other.at ? Long.compare(at, other.at) : Long.compare(number, other.number);
    }
  }

  private final PriorityQueue<Entry> entries = new PriorityQueue<>();
  private final TimeSource time;
  private final TimerRegistration drive;
  private long planned;

  Agenda(TimeSource time) {
    this.time = time;
    this.drive = time.drive("agenda", this);
  }

  void after(Duration delay, Runnable event) {
    long at = time.nanoTime() + delay.toNanos();
    entries.add(new Entry(at, planned++, event));
    drive.wakeBy(at);
  }

  @Override
  public long advanceTo(long nowNanos) {
    for (Entry next = entries.peek(); next != null; next = entries.peek()) {
      if (next.at() > nowNanos) {
        return next.at();
      }
      entries.remove();
      next.event().run();
    }
    return TimeSource.NEVER;
  }

  /** Everything is planned on the driving thread, and {@link #advanceTo} looks at the first entry each time. */
  @Override
  public boolean hasHandOver() {
    return false;
  }
}
