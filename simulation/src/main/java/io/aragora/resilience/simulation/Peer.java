package io.aragora.resilience.simulation;

import java.util.Comparator;
import java.util.PriorityQueue;

/** The other side of asynchronous bodies: completes their stages at the times they are due, on a thread of its own. */
final class Peer {
  private record Due(long at, long sequence, Runnable completion) {}

  private final PriorityQueue<Due> due =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::sequence));
  private long sequence;

  Peer(Schedule schedule) {
    schedule.start("peer", true, () -> {
      Actor self = Actor.current();
      while (self != null) {
        self.await(
            () -> false,
            () -> due.isEmpty() ? Schedule.NEVER : due.peek().at(),
            false,
            "a stage to complete");
        due.remove().completion().run();
        schedule.foreign();
      }
    });
  }

  void at(long nanos, Runnable completion) {
    due.add(new Due(nanos, sequence++, completion));
  }
}
