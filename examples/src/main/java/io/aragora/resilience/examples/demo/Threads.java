package io.aragora.resilience.examples.demo;

import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The demo's threads: all names have one prefix, so that the demo can check at its end whether one is left. */
final class Threads {
  /** The prefix of the names of the demo's threads and runtimes. */
  static final String PREFIX = "demo-";

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private Threads() {}

  static ThreadFactory daemons(String namePrefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, namePrefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  /**
   * Returns the names of threads that would remain if the calling one ended now: the demo's, and those that keep the
   * JVM alive. Waits a little for threads that are about to end.
   */
  static List<String> left() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    List<String> alive = alive();
    while (!alive.isEmpty() && System.nanoTime() - deadline < 0) {
      TimeUnit.MILLISECONDS.sleep(10);
      alive = alive();
    }
    return alive;
  }

  private static List<String> alive() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread != Thread.currentThread())
        .filter(thread -> !thread.isDaemon() || thread.getName().startsWith(PREFIX))
        .map(Thread::getName)
        .sorted()
        .toList();
  }
}
