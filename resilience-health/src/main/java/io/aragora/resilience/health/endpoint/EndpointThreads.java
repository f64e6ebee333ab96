package io.aragora.resilience.health.endpoint;

import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The few threads that answer requests, and a short queue before them; what finds no room in the queue is refused by
 * closing its connection. And those that feed streams, which are others, so that streams never keep a request waiting.
 * Daemons; an idle one ends after a while. Thread-safe.
 */
final class EndpointThreads implements Executor, AutoCloseable {
  private static final long IDLE_SECONDS = 30;
  private static final long CLOSE_MILLIS = 5_000;
  private static final long STREAMS_MILLIS = 500;

  private final Set<Thread> threads = ConcurrentHashMap.newKeySet(); // those that may be running
  private final ThreadPoolExecutor pool;
  private final ThreadPoolExecutor streams;
  private final ThreadFactory feed;
  private final SlowClients slowClients;

  EndpointThreads(String runtime, Limits limits) {
    ThreadFactory factory = factory(runtime + "-endpoint-");
    this.slowClients = new SlowClients(limits.client(), factory);
    this.pool = new ThreadPoolExecutor(
        limits.threads(),
        limits.threads(),
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(limits.queue()),
        factory,
        (exchange, full) -> refuse(exchange));
    pool.allowCoreThreadTimeOut(true);
    this.streams = new ThreadPoolExecutor(
        0,
        limits.streams(),
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        factory(runtime + "-endpoint-stream-"),
        new ThreadPoolExecutor.AbortPolicy());
    this.feed = factory(runtime + "-endpoint-feed-");
  }

  SlowClients slowClients() {
    return slowClients;
  }

  /** Runs a stream each, and rejects what would be one too many. */
  Executor streams() {
    return streams;
  }

  /** Makes the thread that reads for the streams; it has to end by itself. */
  ThreadFactory feed() {
    return feed;
  }

  @Override
  public void execute(Runnable exchange) {
    pool.execute(() -> slowClients.run(exchange));
  }

  /**
   * Runs a task on one of the threads, so that threads which it starts inherit nothing from the caller. Waits for it even
   * if interrupted: a port that it binds must not be lost.
   */
  <T> T call(Callable<T> task) throws Exception {
    CompletableFuture<T> done = new CompletableFuture<>();
    pool.execute(() -> {
      try {
        done.complete(task.call());
      } catch (Exception | Error e) {
        done.completeExceptionally(e);
      }
    });
    try {
      return done.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof Exception failure) {
        throw failure;
      }
      throw e;
    }
  }

  /** Lets the streams say their last, though not for long. */
  void awaitStreams() {
    streams.shutdown();
    try {
      streams.awaitTermination(STREAMS_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // then they are cut off
    }
  }

  /** Interrupts what is running and waits for every thread to end, though not for ever. */
  @Override
  public void close() {
    pool.shutdownNow();
    streams.shutdownNow();
    slowClients.close();
    try {
      // Not awaitTermination: it returns while the last thread is still on its way out.
      for (Thread thread : threads) {
        if (thread != Thread.currentThread()) {
          thread.join(CLOSE_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // they end all the same, only unseen
    }
  }

  /**
   * Closes the connection of an exchange. This runs on the server's accepting thread, which gives us nothing but the
   * exchange to run: dropping it would leave the connection open for ever, and throwing would too. On an interrupted thread
   * the first thing that the exchange does, reading from its channel, closes the channel and fails, without waiting.
   */
  private static void refuse(Runnable exchange) {
    Thread.currentThread().interrupt();
    try {
      exchange.run();
    } finally {
      Thread.interrupted();
    }
  }

  private ThreadFactory factory(String prefix) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(null, task, prefix + number.incrementAndGet(), 0, false);
      thread.setDaemon(true);
      thread.setContextClassLoader(null);
      threads.removeIf(old -> old.getState() == Thread.State.TERMINATED);
      threads.add(thread);
      return thread;
    };
  }
}
