package io.aragora.resilience.examples.demo;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns Ctrl-C into an interrupt of the main thread, and delays the end of the JVM until that thread has closed everything, at most ten seconds.
 */
final class Interruption {
  private static final long PATIENCE_SECONDS = 10;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;

  private Interruption(Thread main) {
    hook = new Thread(() -> interruptAndWait(main), Threads.PREFIX + "interruption");
  }

  /** Interrupts the calling thread when the JVM is asked to end, until this is closed. */
  static Interruption ofThisThread() {
    Interruption interruption = new Interruption(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  private void interruptAndWait(Thread main) {
    main.interrupt();
    try {
      if (!closed.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("not everything was closed within " + PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Lets the JVM end. */
  void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is already ending, and the hook is running.
    }
  }
}
