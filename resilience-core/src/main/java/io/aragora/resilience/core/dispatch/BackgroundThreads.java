package io.aragora.resilience.core.dispatch;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Creates the threads of a runtime: named daemons that inherit no thread-locals. */
public final class BackgroundThreads {
  /** The JDK in which virtual threads became final. */
  private static final int FIRST_WITH_VIRTUAL = 21;

  private BackgroundThreads() {}

  /**
   * Creates a thread that runs no foreign code, so it has no context class loader.
   *
   * @param name its name
   * @param body what it runs
   * @return the thread, not started
   */
  public static Thread daemon(String name, Runnable body) {
    return daemon(name, null, body);
  }

  /**
   * Creates a thread.
   *
   * @param name its name
   * @param loader its context class loader, or null
   * @param body what it runs
   * @return the thread, not started
   */
  public static Thread daemon(String name, @Nullable ClassLoader loader, Runnable body) {
    return daemon(new Thread(null, body, name, 0, false), loader);
  }

  /** Prepares a thread that already exists. */
  @SuppressWarnings("ThreadPriorityCheck") // the normal one
  static Thread daemon(Thread thread, @Nullable ClassLoader loader) {
    thread.setDaemon(true);
    thread.setContextClassLoader(loader);
    // Otherwise that of the thread which happens to create it.
    thread.setPriority(Thread.NORM_PRIORITY);
    if (thread instanceof GroupThread member) {
      member.own(loader);
    }
    return thread;
  }

  /**
   * Creates a pool that grows with the work up to a bound; its threads end when they are idle.
   * Beyond the bound, tasks wait in the order of arrival. Each task belongs to a call or an event
   * channel, so their number is bounded.
   *
   * @param name prefix of the threads' names
   * @param threads the bound
   * @param loader the context class loader of the threads, or null
   * @return the pool, which is the group of its threads
   */
  static ThreadPoolExecutor pool(String name, int threads, @Nullable ClassLoader loader) {
    ThreadPoolExecutor pool = new RestoringPool(threads, threads, new LinkedBlockingQueue<>());
    pool.setThreadFactory(numbered(pool, name, loader));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Creates a pool in which no task waits. An idle or a new thread takes the task; beyond the bound
   * the task is rejected.
   *
   * @param name prefix of the threads' names
   * @param threads the bound
   * @param loader the context class loader of the threads, or null
   * @return the pool
   */
  static ThreadPoolExecutor elastic(String name, int threads, @Nullable ClassLoader loader) {
    ThreadPoolExecutor pool = new RestoringPool(0, threads, new SynchronousQueue<>());
    pool.setThreadFactory(numbered(pool, name, loader));
    return pool;
  }

  private static ThreadFactory numbered(Object group, String name, @Nullable ClassLoader loader) {
    AtomicInteger number = new AtomicInteger();
    return new ThreadFactory() {
      @Override
      public Thread newThread(Runnable body) {
        return daemon(new GroupThread(group, name + "-" + number.incrementAndGet(), body), loader);
      }
    };
  }

  /**
   * Creates an executor for bodies that may block: one virtual thread per body if the JDK has
   * virtual threads, otherwise a pool.
   *
   * @param name prefix of the threads' names
   * @param threads the bound of the pool
   * @param loader the context class loader of the pool's threads, or null; a virtual thread has the
   *     system class loader
   * @return the executor
   */
  static ExecutorService forBlocking(String name, int threads, @Nullable ClassLoader loader) {
    if (Runtime.version().feature() >= FIRST_WITH_VIRTUAL) {
      try {
        return virtual(name + "-");
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
    return pool(name, threads, loader);
  }

  private static ExecutorService virtual(String prefix) throws ReflectiveOperationException {
    Class<?> builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
    Object named = builder
        .getMethod("name", String.class, long.class)
        .invoke(Thread.class.getMethod("ofVirtual").invoke(null), prefix, 0L);
    Object bare =
        builder.getMethod("inheritInheritableThreadLocals", boolean.class).invoke(named, false);
    return (ExecutorService) Executors.class
        .getMethod("newThreadPerTaskExecutor", ThreadFactory.class)
        .invoke(null, builder.getMethod("factory").invoke(bare));
  }
}
