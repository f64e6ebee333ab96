package io.aragora.resilience.core.call;

import io.aragora.resilience.internal.ThreadKey;
import io.aragora.resilience.time.TimeSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The threads that wait inside a policy, between two attempts for instance, so that closing the runtime can wake them. Holds at
 * most one entry per thread. Thread-safe.
 */
public final class WaitingThreads {
  private final TimeSource time;
  private final Set<ThreadKey> threads = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Creates an empty set.
   *
   * @param time the time source that parks the threads
   */
  public WaitingThreads(TimeSource time) {
    this.time = time;
  }

  /**
   * Begins a wait of the calling thread.
   *
   * @return false if the runtime is closed
   */
  public boolean enter() {
    threads.add(ThreadKey.current());
    // Volatile read after the add; the closing thread sets it before it looks for threads. If
    // either were weaker, no thread would wake this one before its wait ends. Stress:
    // WaitingThreadsStress.NoWaitOutlivesTheRuntime.
    if (closed) {
      leave();
      return false;
    }
    return true;
  }

  /** Ends the wait of the calling thread. */
  public void leave() {
    threads.remove(ThreadKey.current());
  }

  /** {@return whether the runtime is closed} */
  public boolean isClosed() {
    return closed;
  }

  /** Wakes every thread; each then sees that the runtime is closed. */
  public void close() {
    closed = true;
    threads.forEach(each -> time.unpark(each.thread()));
  }
}
