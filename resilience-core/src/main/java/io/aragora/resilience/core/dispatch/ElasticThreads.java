package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.internal.GuardedLog;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One group of threads. An idle thread takes a task at once; if no thread is idle, a new one is
 * started, up to a bound. Beyond the bound, tasks wait in the order of arrival. A thread that is
 * idle for five seconds ends.
 *
 * <p>If the machine has no free thread, a task waits for a thread of the group. Only if the group
 * has no thread, {@link #execute} throws the {@code OutOfMemoryError} of the JDK, or whatever else
 * prevented the start.
 */
final class ElasticThreads implements Executor, ThreadFactory, RejectedExecutionHandler {
  private static final GuardedLog LOG = GuardedLog.of(ElasticThreads.class);

  private final String name;
  private final int bound;
  private final @Nullable ClassLoader loader;
  private final GroupThread.@Nullable Factory threads;
  private final WaitingTasks waiting = new WaitingTasks();
  private final AtomicInteger started = new AtomicInteger();
  private final LongAdder failures = new LongAdder();
  private final ThreadPoolExecutor pool;

  /**
   * Creates a group that has no thread yet.
   *
   * @param name prefix of the threads' names
   * @param bound the largest number of threads
   * @param loader the context class loader of the threads, or null
   */
  ElasticThreads(String name, int bound, @Nullable ClassLoader loader) {
    this(name, bound, loader, null);
  }

  /** Creates a group whose threads a test creates. */
  ElasticThreads(
      String name, int bound, @Nullable ClassLoader loader, GroupThread.@Nullable Factory threads) {
    this.name = name;
    this.bound = bound;
    this.loader = loader;
    this.threads = threads;
    this.pool = new RestoringPool(0, bound, waiting, this, this);
  }

  @Override
  public Thread newThread(Runnable worker) {
    String thread = name + "-" + started.incrementAndGet();
    Runnable body = new Runnable() {
      @Override
      public void run() {
        work(worker);
      }
    };
    return BackgroundThreads.daemon(
        threads == null ? new GroupThread(this, thread, body) : threads.make(this, thread, body),
        loader);
  }

  @Override
  public void rejectedExecution(Runnable task, ThreadPoolExecutor full) {
    await(task);
  }

  @Override
  public void execute(Runnable task) {
    try {
      pool.execute(task);
    } catch (RejectedExecutionException e) {
      throw e;
    } catch (Throwable e) {
      // Thrown before the task was handed to a thread. The caller may be the timer's thread, which
      // must not run the task. So the task waits if the group has a thread that will take it.
      if (pool.getPoolSize() == 0) {
        throw e;
      }
      await(task);
      if (pool.getPoolSize() == 0 && waiting.remove(task)) {
        throw e;
      }
    }
  }

  private void await(Runnable task) {
    if (pool.isShutdown()) {
      throw new RejectedExecutionException("'" + name + "' is closed");
    }
    waiting.addLast(task);
    if (pool.isShutdown() && waiting.remove(task)) {
      throw new RejectedExecutionException("'" + name + "' is closed");
    }
  }

  /**
   * Runs a worker of the pool. A task that throws, or a failure of the pool itself, ends the
   * worker; the pool replaces it if it can.
   */
  private void work(Runnable worker) {
    try {
      worker.run();
    } catch (Throwable e) {
      failed(e);
      // The pool may have failed to replace the worker; then no thread would take the waiting
      // tasks.
      Runnable task;
      while ((task = waiting.poll()) != null) {
        try {
          task.run();
        } catch (Throwable again) {
          failed(again);
        }
      }
    }
  }

  private void failed(Throwable failure) {
    try {
      failures.increment();
      LOG.log(
          System.Logger.Level.ERROR,
          "a thread of '" + name + "' failed; another thread replaces it",
          failure);
    } catch (Throwable e) {
      // The heap has no room for the message. The waiting tasks are more important.
    }
  }

  ThreadLoad load(String group, long otherFailures) {
    return ThreadLoad.builder(group)
        .busy(pool.getActiveCount())
        .waiting(waiting.size())
        .bound(bound)
        .failures(otherFailures + failures.sum())
        .build();
  }

  /** Returns the pool, for closing. */
  ExecutorService pool() {
    return pool;
  }

  /** Accepts a task only if an idle thread takes it at once; otherwise the pool starts a thread. */
  private static final class WaitingTasks extends LinkedTransferQueue<Runnable> {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean offer(Runnable task) {
      return tryTransfer(task);
    }

    void addLast(Runnable task) {
      super.offer(task);
    }
  }
}
