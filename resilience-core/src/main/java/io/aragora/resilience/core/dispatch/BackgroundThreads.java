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

/** Makes the threads of a runtime: daemons, named, without inherited thread-locals. */
public final class BackgroundThreads {
  private static final @Nullable MethodHandle VIRTUAL = findVirtual();

  /** How long an idle thread stays. */
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

  /** The same with a thread that is made already. */
  static Thread daemon(Thread thread, @Nullable ClassLoader loader) {
    thread.setDaemon(true);
    thread.setContextClassLoader(loader);
    return thread;
  }

  /**
   * Makes a pool that grows with the work up to a bound, and goes away when idle. Beyond the bound work waits in the order
   * it came; each piece belongs to a call or an event buffer, so there are no more than those.
   *
   * @param name prefix of its threads' names
   * @param threads the bound
   * @param loader the context class loader of its threads, or null
   * @return the pool, which its threads know as their group
   */
  static ThreadPoolExecutor pool(String name, int threads, @Nullable ClassLoader loader) {
    ThreadPoolExecutor pool = new ThreadPoolExecutor(
        threads, threads, KEEP_ALIVE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    pool.setThreadFactory(numbered(pool, name, loader));
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /**
   * Makes a pool in which nothing waits for another: a thread that is idle takes the work, or a new one, and beyond the bound
   * it is refused.
   *
   * @param name prefix of its threads' names
   * @param threads the bound
   * @param loader the context class loader of its threads, or null
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
   * Makes an executor for bodies that may block: a virtual thread each where the JDK has them, a pool elsewhere.
   *
   * @param name prefix of its threads' names
   * @param threads the bound of the pool
   * @param loader the context class loader of the pool's threads, or null; a virtual thread has that of the system
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

  /** Finds (String prefix) → an executor of named virtual threads; null before JDK 21, where they are final. */
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
