package io.aragora.resilience.core.retry;

import io.aragora.resilience.time.TimeSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The threads that wait between two attempts, so that closing the runtime can wake them. As many as there are threads. */
public final class WaitingThreads {
  private final TimeSource time;
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Makes an empty set.
   *
   * @param time where the threads are parked
   */
  public WaitingThreads(TimeSource time) {
    this.time = time;
  }

  /**
   * Begins a wait of the calling thread.
   *
   * @return false if the runtime is closed
   */
  boolean enter() {
    threads.add(Thread.currentThread());
    // Volatile read after the add; the closer sets it before it looks for threads. If either were
    // weaker, nobody would wake this thread before its wait is over. Stress:
    // WaitingThreadsStress.NoWaitOutlivesTheRuntime.
    if (closed) {
      leave();
      return false;
    }
    return true;
  }

  void leave() {
    threads.remove(Thread.currentThread());
  }

  boolean isClosed() {
    return closed;
  }

  /** Wakes every thread; each finds the runtime closed. */
  public void close() {
    closed = true;
    threads.forEach(time::unpark);
  }
}
