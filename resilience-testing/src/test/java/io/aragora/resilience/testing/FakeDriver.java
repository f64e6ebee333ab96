package io.aragora.resilience.testing;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** A runtime in small: timers that are handed over, and run when due. */
final class FakeDriver implements TimerCallback {
  private record Timer(long atNanos, long sequence, Runnable action) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = Long.compare(atNanos, other.atNanos);
      return byTime != 0 ? byTime : Long.compare(sequence, other.sequence);
    }
  }

  final List<Long> calls = new ArrayList<>();
  private final Queue<Timer> handedOver = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Timer> timers = new PriorityQueue<>();
  private final AtomicLong sequence = new AtomicLong();

  void at(long atNanos, Runnable action) {
    handedOver.add(new Timer(atNanos, sequence.getAndIncrement(), action));
  }

  @Override
  public long advanceTo(long nowNanos) {
    calls.add(nowNanos);
    for (Timer timer = handedOver.poll(); timer != null; timer = handedOver.poll()) {
      timers.add(timer);
    }
    while (!timers.isEmpty() && timers.peek().atNanos <= nowNanos) {
      timers.poll().action.run();
    }
    return timers.isEmpty() ? TimeSource.NEVER : timers.peek().atNanos;
  }

  @Override
  public boolean hasHandOver() {
    return !handedOver.isEmpty();
  }
}
