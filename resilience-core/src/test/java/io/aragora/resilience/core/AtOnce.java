package io.aragora.resilience.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** Runs a body on several threads at once. */
public final class AtOnce {
  private static final long JOIN_MILLIS = 60_000;

  /** The body of each thread, with a result. */
  @FunctionalInterface
  public interface Call<T> {
    T call(int thread) throws Exception;
  }

  /** The body of each thread. */
  @FunctionalInterface
  public interface Body {
    void run(int thread) throws Exception;
  }

  private AtOnce() {}

  /**
   * Starts the threads behind one latch, and waits for their end.
   *
   * @param threads the number of threads
   * @param body the body of each, which receives its number
   * @throws AssertionError if a thread does not end within a minute, or fails
   */
  public static void run(int threads, Body body) throws InterruptedException {
    call(threads, thread -> {
      body.run(thread);
      return thread;
    });
  }

  /** Does the same, and returns their results. */
  public static <T> List<T> call(int threads, Call<T> body) throws InterruptedException {
    CountDownLatch start = new CountDownLatch(1);
    Queue<T> results = new ConcurrentLinkedQueue<>();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int number = i;
      Thread thread = new Thread(() -> {
        try {
          start.await();
          results.add(body.call(number));
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
        AssertionError stuck = new AssertionError("a thread did not end: " + thread);
        stuck.setStackTrace(thread.getStackTrace());
        throw stuck;
      }
    }
    if (!failures.isEmpty()) {
      AssertionError failed = new AssertionError(failures.size() + " threads failed");
      failures.stream().limit(8).forEach(failed::addSuppressed);
      throw failed;
    }
    return List.copyOf(results);
  }
}
