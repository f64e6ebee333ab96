package io.aragora.resilience.health.endpoint;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how long a client may hold a thread: reading its request, and writing the answer to it, may each take so long.
 *
 * <p>The server of the JDK reads a request on the thread that is to answer it and waits for as long as the client likes,
 * unless a system property of the whole process says otherwise. A few connections that send half a line would so silence
 * the endpoint. The server's sockets are interruptible channels: interrupting the thread closes the connection. Thread-safe.
 */
final class SlowClients implements AutoCloseable {
  private final long limitNanos;
  private final ScheduledThreadPoolExecutor timer;
  private final Map<Thread, Watch> watches = new ConcurrentHashMap<>(); // one for each busy thread

  SlowClients(Duration limit, ThreadFactory threads) {
    this.limitNanos = limit.toNanos();
    this.timer =
        new ScheduledThreadPoolExecutor(1, threads, new ThreadPoolExecutor.DiscardPolicy());
    timer.setRemoveOnCancelPolicy(true);
  }

  /** Runs an exchange with a client, watching it. */
  void run(Runnable exchange) {
    Watch watch = new Watch(Thread.currentThread());
    watches.put(watch.thread, watch);
    watch.start();
    try {
      exchange.run();
    } finally {
      watch.stop();
      watches.remove(watch.thread);
    }
  }

  /** Runs what is not up to the client, in the midst of an exchange; the client then gets its time anew. */
  <T> T withoutLimit(Supplier<T> body) {
    Watch watch = watches.get(Thread.currentThread());
    if (watch == null) {
      return body.get();
    }
    watch.stop();
    try {
      return body.get();
    } finally {
      watch.start();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }

  private final class Watch {
    private final Thread thread;
    private @Nullable Future<?> expiry;
    private int round;
    private boolean expired;

    Watch(Thread thread) {
      this.thread = thread;
    }

    synchronized void start() {
      int mine = ++round;
      expiry = timer.schedule(() -> expire(mine), limitNanos, TimeUnit.NANOSECONDS);
    }

    synchronized void stop() {
      round++;
      if (expiry != null) {
        expiry.cancel(false);
      }
      if (expired) {
        expired = false;
        Thread.interrupted(); // ours, and what it was meant to end has ended
      }
    }

    private synchronized void expire(int started) {
      // Under the lock that stop() takes, so that no interrupt hits what the thread does next.
      if (started == round) {
        expired = true;
        thread.interrupt();
      }
    }
  }
}
