package io.aragora.resilience.health.threads;

import io.aragora.resilience.internal.GuardedLog;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that runs one turn after another until it is closed, and survives every throwable of a turn: an {@link
 * OutOfMemoryError}, a log handler that throws, an interrupt from outside. A failed turn is counted, logged at most
 * once a minute, and followed by a pause of 100 ms before the next turn. Thread-safe.
 */
public final class LastingThread implements AutoCloseable {
  private static final GuardedLog LOG = GuardedLog.of(LastingThread.class);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** One turn. */
  @FunctionalInterface
  public interface Turn {
    /**
     * Does the work that is due, and waits for the next.
     *
     * @throws Throwable if the turn fails
     */
    void take() throws Throwable;
  }

  private final String what;
  private final Turn turn;
  private final Runnable end;
  private final Thread thread;
  private final OncePerMinute lines = new OncePerMinute();
  private final AtomicLong failures = new AtomicLong();
  private volatile long failedNanos;
  private volatile boolean closed;

  /**
   * Creates the thread; {@link #start} starts it.
   *
   * @param what the thread's description in the log
   * @param threads creates the thread
   * @param turn the repeated work
   * @param end the work to do once, after closing
   */
  public LastingThread(String what, ThreadFactory threads, Turn turn, Runnable end) {
    this.what = what;
    this.turn = turn;
    this.end = end;
    this.thread = threads.newThread(this::run);
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /**
   * Ends the thread after its present turn. The caller must wake a waiting turn.
   */
  @Override
  public void close() {
    closed = true;
  }

  /**
   * Waits for the thread to end, unless it is the caller's own.
   *
   * @param millis how long at most
   */
  public void join(long millis) {
    try {
      if (thread != Thread.currentThread()) {
        thread.join(millis);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // it still ends, but unobserved
    }
  }

  /**
   * Returns whether it was closed.
   *
   * @return true from {@link #close} on
   */
  public boolean isClosed() {
    return closed;
  }

  /**
   * Returns the number of turns that failed.
   *
   * @return since the start
   */
  public long failures() {
    return failures.get();
  }

  /**
   * Returns whether a turn failed lately.
   *
   * @param withinNanos how long ago at most, in nanoseconds
   * @return whether one failed within that time
   */
  public boolean hasFailedWithin(long withinNanos) {
    return failures.get() > 0 && System.nanoTime() - failedNanos < withinNanos;
  }

  private void run() {
    while (!closed) {
      try {
        turn.take();
      } catch (Throwable e) {
        survive(e);
      }
    }
    try {
      end.run();
    } catch (Throwable e) {
      survive(e);
    }
  }

  /** Allocates nothing before the guarded log line, and throws nothing: the caller is the last frame of the thread. */
  private void survive(Throwable e) {
    try {
      if (closed) {
        return; // the turn's resource was closed to end it
      }
      failedNanos = System.nanoTime();
      failures.incrementAndGet();
      Thread.interrupted(); // by foreign code: the owner sets closed first
      LockSupport.parkNanos(PAUSE_NANOS); // a full heap gets time to recover before the log line
      if (lines.passes()) {
        LOG.log(
            System.Logger.Level.WARNING, what + " failed and continues (logged once a minute)", e);
      }
    } catch (Throwable again) {
      // The next turn tries again.
    }
  }
}
