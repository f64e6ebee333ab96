package io.aragora.resilience.core.dispatch;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Creates the threads of a runtime: named daemons that inherit no thread-locals. */
public final class BackgroundThreads {
  private static final @Nullable MethodHandle VIRTUAL = findVirtual();

  /** The time after which an idle thread ends. */
  private static final long KEEP_ALIVE_SECONDS = 5;

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
  static Thread daemon(Thread thread, @Nullable ClassLoader loader) {
    thread.setDaemon(true);
    thread.setContextClassLoader(loader);
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
    ThreadPoolExecutor pool = new ThreadPoolExecutor(
        threads, threads, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
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
    ThreadPoolExecutor pool = new ThreadPoolExecutor(
        0, threads, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>());
    pool.setThreadFactory(numbered(pool, name, loader));
    return pool;
  }

  private static ThreadFactory numbered(Object group, String name, @Nullable ClassLoader loader) {
    AtomicInteger number = new AtomicInteger();
    return body ->
        daemon(new GroupThread(group, name + "-" + number.incrementAndGet(), body), loader);
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
    if (VIRTUAL == null) {
      return pool(name, threads, loader);
    }
    try {
      return (ExecutorService) VIRTUAL.invokeExact(name + "-");
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Returns a handle (String prefix) → executor of named virtual threads; null before JDK 21, in
   * which they became final.
   */
  private static @Nullable MethodHandle findVirtual() {
    if (Runtime.version().feature() < 21) {
      return null;
    }
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
      MethodHandle ofVirtual =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(builder));
      MethodHandle name = lookup.findVirtual(
          builder, "name", MethodType.methodType(builder, String.class, long.class));
      MethodHandle inherit = lookup.findVirtual(
          builder, "inheritInheritableThreadLocals", MethodType.methodType(builder, boolean.class));
      MethodHandle factory =
          lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
      MethodHandle executor = lookup.findStatic(
          Executors.class,
          "newThreadPerTaskExecutor",
          MethodType.methodType(ExecutorService.class, ThreadFactory.class));
      MethodHandle named =
          MethodHandles.insertArguments(MethodHandles.foldArguments(name, ofVirtual), 1, 0L);
      MethodHandle bare =
          MethodHandles.filterReturnValue(named, MethodHandles.insertArguments(inherit, 1, false));
      return MethodHandles.filterReturnValue(
          MethodHandles.filterReturnValue(bare, factory), executor);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }
}
