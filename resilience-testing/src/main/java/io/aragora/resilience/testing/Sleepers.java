package io.aragora.resilience.testing;

import io.aragora.resilience.time.TimeSource;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The parked threads, by deadline and then in the order of parking, and the unparks that precede their park. Thread-safe. Its
 * size is bounded by the number of live threads.
 */
final class Sleepers {
  /** One wait of one thread. */
  static final class Sleeper {
    private final Thread thread;
    private final long deadlineNanos;
    private final long sequence;

    /** The enclosing wait: a task that runs inside a wait may itself wait. */
    private final @Nullable Sleeper outer;

    private volatile boolean woken;
    private volatile boolean wantsTurn;

    private Sleeper(Thread thread, long deadlineNanos, long sequence, @Nullable Sleeper outer) {
      this.thread = thread;
      this.deadlineNanos = deadlineNanos;
      this.sequence = sequence;
      this.outer = outer;
    }

    boolean isOver() {
      return woken || thread.isInterrupted();
    }

    /** Announces that this thread will advance the time itself after the present advance. */
    void wantTurn() {
      wantsTurn = true;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition entered = lock.newCondition();
  private final TreeSet<Sleeper> asleep = new TreeSet<>(
      Comparator.<Sleeper>comparingLong(s -> s.deadlineNanos).thenComparingLong(s -> s.sequence));
  private final Map<Thread, Sleeper> innermost = new HashMap<>();
  private final Set<Thread> permits = Collections.newSetFromMap(new WeakHashMap<>());
  private long sequence;
  private long nowNanos;

  Sleepers(long nowNanos) {
    this.nowNanos = nowNanos;
  }

  /** Registers the calling thread; the wait may already be over, because of an earlier unpark or of the time. */
  Sleeper enter(long deadlineNanos) {
    Thread thread = Thread.currentThread();
    lock.lock();
    try {
      Sleeper sleeper = new Sleeper(thread, deadlineNanos, sequence++, innermost.get(thread));
      innermost.put(thread, sleeper);
      if (permits.remove(thread) || deadlineNanos <= nowNanos) {
        sleeper.woken = true;
      } else {
        asleep.add(sleeper);
        entered.signalAll();
      }
      return sleeper;
    } finally {
      lock.unlock();
    }
  }

  void leave(Sleeper sleeper) {
    lock.lock();
    try {
      asleep.remove(sleeper);
      if (sleeper.outer == null) {
        innermost.remove(sleeper.thread);
      } else {
        innermost.put(sleeper.thread, sleeper.outer);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends every wait of the thread, because it is unknown which one is meant, and callers tolerate early returns. */
  void unpark(Thread thread) {
    lock.lock();
    try {
      Sleeper sleeper = innermost.get(thread);
      if (sleeper == null) {
        permits.add(thread);
      }
      while (sleeper != null) {
        wake(sleeper);
        asleep.remove(sleeper);
        sleeper = sleeper.outer;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Wakes the threads whose deadline is reached. From here on, a thread with such a deadline no longer waits. */
  void wakeDue(long nowNanos) {
    lock.lock();
    try {
      this.nowNanos = nowNanos;
      while (!asleep.isEmpty() && asleep.first().deadlineNanos <= nowNanos) {
        wake(asleep.pollFirst());
      }
    } finally {
      lock.unlock();
    }
  }

  private static void wake(Sleeper sleeper) {
    sleeper.woken = true;
    LockSupport.unpark(sleeper.thread);
  }

  /** Lets every parked thread check again whether it has work. */
  void stir() {
    lock.lock();
    try {
      innermost.keySet().forEach(LockSupport::unpark);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets the threads that wait to advance the time try again; the others stay parked, because they would wake each other for
   * ever.
   */
  void offerTurn() {
    lock.lock();
    try {
      for (Sleeper sleeper : innermost.values()) {
        if (sleeper.wantsTurn) {
          sleeper.wantsTurn = false;
          LockSupport.unpark(sleeper.thread);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the earliest deadline of the parked threads. */
  long nextNanos() {
    lock.lock();
    try {
      return asleep.isEmpty() ? TimeSource.NEVER : asleep.first().deadlineNanos;
    } finally {
      lock.unlock();
    }
  }

  void await(int count, long timeoutNanos) {
    lock.lock();
    try {
      long left = timeoutNanos;
      while (parked() < count) {
        if (left <= 0) {
          throw new IllegalStateException(parked() + " threads are parked after "
              + TimeUnit.NANOSECONDS.toMillis(timeoutNanos)
              + " ms of real time, expected " + count);
        }
        left = entered.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted while waiting for " + count + " threads to park", e);
    } finally {
      lock.unlock();
    }
  }

  private long parked() {
    return innermost.values().stream().filter(sleeper -> !sleeper.isOver()).count();
  }
}
