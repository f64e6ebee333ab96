package io.aragora.resilience.core;

import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.TimeUnit;

/**
 * Runs the steps of closing that may run foreign code, each on a thread of its own, and waits for each until a deadline. One that
 * hangs is left to its thread. A time source that brings its own executor has them run on the caller. For one thread.
 */
final class ClosingSteps {
  private static final GuardedLog LOG = GuardedLog.of(ClosingSteps.class);

  private final String runtime;
  private final TimeSource time;
  private final long deadline;

  /**
   * Creates the steps of one closing.
   *
   * @param runtime the name of the runtime
   * @param time its time
   * @param deadline the instant after which no step is waited for
   */
  ClosingSteps(String runtime, TimeSource time, long deadline) {
    this.runtime = runtime;
    this.time = time;
    this.deadline = deadline;
  }

  /**
   * Runs a step.
   *
   * @param what names it in the log
   * @param step what it does; what it throws is logged
   */
  void run(String what, Runnable step) {
    Runnable guarded = () -> {
      try {
        step.run();
      } catch (Throwable e) {
        LOG.log(System.Logger.Level.WARNING, what + " of '" + runtime + "' failed to close", e);
      }
    };
    if (time.executor() != null) {
      guarded.run();
      return;
    }
    Thread thread;
    try {
      thread = BackgroundThreads.daemon(
          runtime + "-close", Thread.currentThread().getContextClassLoader(), guarded);
      thread.start();
    } catch (OutOfMemoryError e) {
      // The machine has no thread left.
      guarded.run();
      return;
    }
    if (!hasEnded(thread)) {
      LOG.log(
          System.Logger.Level.WARNING,
          what + " of '" + runtime + "' does not close, and is left behind",
          (Throwable) null);
    }
  }

  private boolean hasEnded(Thread thread) {
    boolean interrupted = false;
    long rest = deadline - time.nanoTime();
    while (thread.isAlive() && rest > 0) {
      try {
        thread.join(1 + TimeUnit.NANOSECONDS.toMillis(rest));
      } catch (InterruptedException e) {
        interrupted = true;
      }
      rest = deadline - time.nanoTime();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }
}
