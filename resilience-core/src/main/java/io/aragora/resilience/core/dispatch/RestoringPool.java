package io.aragora.resilience.core.dispatch;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A pool of group threads. Each task finds its thread as it was made, whatever the foreign code of earlier tasks did to it. */
final class RestoringPool extends ThreadPoolExecutor {
  /** The time after which an idle thread ends. */
  private static final long KEEP_ALIVE_SECONDS = 5;

  RestoringPool(int core, int bound, BlockingQueue<Runnable> waiting) {
    super(core, bound, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS, waiting);
  }

  RestoringPool(
      int core,
      int bound,
      BlockingQueue<Runnable> waiting,
      ThreadFactory threads,
      RejectedExecutionHandler rejected) {
    super(core, bound, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS, waiting, threads, rejected);
  }

  @Override
  protected void afterExecute(Runnable task, @Nullable Throwable failure) {
    // Closing interrupts threads that still run; such an interrupt ends the thread.
    if (!isShutdown()) {
      GroupThread.restore();
    }
  }
}
