package io.aragora.resilience.examples.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Callers that call continuously: three of four wait for each response on their own thread; every fourth starts
 * asynchronous calls, up to four at a time.
 */
final class Load implements AutoCloseable {
  private static final int ASYNC_EVERY = 4;
  private static final int ASYNC_CALLS = 4;
  private static final long PATIENCE_MILLIS = 10_000;

  private final ProtectedClient client;
  private final Scoreboard scoreboard;
  private final long paceNanos;
  private final List<Thread> callers = new ArrayList<>();
  private volatile boolean stopping;

  private Load(ProtectedClient client, Scoreboard scoreboard, Duration pace) {
    this.client = client;
    this.scoreboard = scoreboard;
    this.paceNanos = pace.toNanos();
  }

  static Load start(ProtectedClient client, Scoreboard scoreboard, DemoOptions options) {
    Load load = new Load(client, scoreboard, options.pace());
    for (int i = 1; i <= options.callers(); i++) {
      Runnable calls = i % ASYNC_EVERY == 0 ? load::callAsync : load::call;
      Thread caller = new Thread(calls, Threads.PREFIX + "caller-" + i);
      caller.setDaemon(true);
      load.callers.add(caller);
    }
    load.callers.forEach(Thread::start);
    return load;
  }

  private void call() {
    try {
      while (!stopping) {
        long start = System.nanoTime();
        scoreboard.record(client.call(), System.nanoTime() - start);
        LockSupport.parkNanos(paceNanos);
      }
    } catch (InterruptedException e) {
      // close() ends a running call in this way.
    }
  }

  private void callAsync() {
    Semaphore places = new Semaphore(ASYNC_CALLS);
    try {
      while (!stopping) {
        places.acquire();
        long start = System.nanoTime();
        var unused = client.callAsync().thenAccept(outcome -> {
          scoreboard.record(outcome, System.nanoTime() - start);
          places.release();
        });
        LockSupport.parkNanos(paceNanos);
      }
    } catch (InterruptedException e) {
      // close() ends the wait for a permit in this way.
    }
    awaitAll(places);
  }

  private static void awaitAll(Semaphore places) {
    boolean interrupted = Thread.interrupted();
    try {
      if (!places.tryAcquire(ASYNC_CALLS, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
        System.err.println("asynchronous calls did not end: " + places);
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the calls and waits for them, so that no caller is active when the client is closed. */
  @Override
  public void close() {
    stopping = true;
    callers.forEach(Thread::interrupt);
    boolean interrupted = false;
    for (Thread caller : callers) {
      try {
        caller.join(PATIENCE_MILLIS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
