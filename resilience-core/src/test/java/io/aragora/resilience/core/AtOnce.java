package io.aragora.resilience.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntFunction;

/** Runs a body on several threads at once, and gives what they returned. */
public final class AtOnce {
  private static final long JOIN_MILLIS = 60_000;

  private AtOnce() {}

  public static <T> List<T> run(int threads, IntFunction<T> body) throws InterruptedException {
    CountDownLatch start = new CountDownLatch(1);
    Queue<T> results = new ConcurrentLinkedQueue<>();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      Thread thread = new Thread(() -> {
        try {
          start.await();
          results.add(body.apply(number));
        } catch (Throwable e) {
          failures.add(e);
        }
      });
      thread.setDaemon(true);
      thread.start();
      running.add(thread);
    }
    start.countDown();
    for (Thread thread : running) {
      thread.join(JOIN_MILLIS);
      if (thread.isAlive()) {
        throw new AssertionError("a thread did not end: " + thread);
      }
    }
    if (!failures.isEmpty()) {
      AssertionError failed = new AssertionError(failures.size() + " threads failed");
      failures.forEach(failed::addSuppressed);
      throw failed;
    }
    return List.copyOf(results);
  }
}
