package io.aragora.resilience.models;

/** Threads of a hand-shake, and what a check requires in the end. */
public final class Threads {
  private Threads() {}

  /**
   * Runs tasks at once, and waits until all have ended.
   *
   * @param tasks the tasks
   */
  public static void run(Runnable... tasks) {
    Thread[] threads = new Thread[tasks.length];
    for (int i = 0; i < tasks.length; i++) {
      threads[i] = new Thread(tasks[i]);
      threads[i].start();
    }
    for (Thread thread : threads) {
      join(thread);
    }
  }

  /**
   * Waits for the end of a thread.
   *
   * @param thread the thread
   */
  public static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Fails unless a condition holds.
   *
   * @param condition the condition
   * @param otherwise what is wrong if it does not
   */
  public static void check(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalStateException(otherwise);
    }
  }
}
