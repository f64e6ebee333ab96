package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.ThreadLoad;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/**
 * A pool that is created at its first task, so that a runtime without such tasks pays nothing.
 * Rejects tasks after closing. Thread-safe.
 */
final class LatePool implements Executor {
  /** The rule for the case that no thread is free. */
  enum Kind {
    /** Tasks wait beyond the bound. */
    WAITING,
    /** Tasks are rejected beyond the bound. */
    REJECTING,
    /** Each task has a virtual thread if the JDK has those; otherwise as {@link #WAITING}. */
    BLOCKING
  }

  private final Kind kind;
  private final String name;
  private final int threads;
  private final @Nullable ClassLoader loader;

  /** Written under the lock of this. */
  private volatile @Nullable ExecutorService pool;

  /** Guarded by this. */
  private boolean closed;

  /**
   * Prepares a pool.
   *
   * @param kind what happens if no thread is free
   * @param name prefix of the threads' names
   * @param threads the bound
   * @param loader the context class loader of the threads, or null
   */
  LatePool(Kind kind, String name, int threads, @Nullable ClassLoader loader) {
    this.kind = kind;
    this.name = name;
    this.threads = threads;
    this.loader = loader;
  }

  @Override
  public void execute(Runnable task) {
    ExecutorService present = pool;
    (present != null ? present : create()).execute(task);
  }

  private synchronized ExecutorService create() {
    ExecutorService present = pool;
    if (present == null) {
      if (closed) {
        throw new RejectedExecutionException("'" + name + "' is closed");
      }
      present = kind == Kind.WAITING
          ? BackgroundThreads.pool(name, threads, loader)
          : kind == Kind.REJECTING
              ? BackgroundThreads.elastic(name, threads, loader)
              : BackgroundThreads.forBlocking(name, threads, loader);
      pool = present;
    }
    return present;
  }

  /**
   * Returns the load of the pool.
   *
   * @param group the name of the group
   * @param busyIfUnbounded the number of tasks that run, if each has a virtual thread
   */
  ThreadLoad load(String group, int busyIfUnbounded) {
    ThreadLoad.Builder load = ThreadLoad.builder(group).bound(threads);
    ExecutorService present = pool;
    if (present instanceof ThreadPoolExecutor bounded) {
      load.busy(bounded.getActiveCount()).waiting(bounded.getQueue().size());
    } else if (present != null) {
      load.busy(busyIfUnbounded).bound(Integer.MAX_VALUE);
    }
    return load.build();
  }

  /** Returns the pool; null if it has had no task. */
  @Nullable
  ExecutorService pool() {
    return pool;
  }

  /** Closes this; returns the pool, for shutting it down; null if it has had no task. */
  synchronized @Nullable ExecutorService close() {
    closed = true;
    return pool;
  }
}
