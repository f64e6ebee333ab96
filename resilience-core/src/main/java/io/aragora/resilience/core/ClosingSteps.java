package io.aragora.resilience.core;

import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.TimeUnit;

/**
 * Runs the closing steps that may call foreign code. Each step runs on its own thread, and the
 * caller waits for it until the deadline; a step that hangs keeps its thread. If the time source
 * has its own executor, steps run on the caller. Confined to one thread.
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
   * @param time its time source
   * @param deadline the instant after which the caller waits for no step
   */
  ClosingSteps(String runtime, TimeSource time, long deadline) {
    this.runtime = runtime;
    this.time = time;
    this.deadline = deadline;
  }

  /**
   * Runs a step.
   *
   * @param what the name of the step in the log
   * @param step the action; what it throws is logged
   */
  void run(String what, Runnable step) {
    Runnable guarded = () -> {
      try {
        step.run();
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "runtime '" + runtime + "': closing of " + what + " failed; closing continues",
            e);
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
      // The machine has no free thread.
      guarded.run();
      return;
    }
    if (!hasEnded(thread)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "runtime '" + runtime + "': closing of " + what
              + " did not end in time; closing continues without it",
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
