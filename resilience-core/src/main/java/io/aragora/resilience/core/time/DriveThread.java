package io.aragora.resilience.core.time;

import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs a driver on a thread of its own: started when something is handed over for the first time, parked until the next
 * thing is due, and without a deadline when nothing is.
 */
final class DriveThread implements TimeDrive, Runnable {
  /*
   * The hand-shake between a producer that hands over and the thread that goes to sleep is Dekker's: each writes its side,
   * then reads the other's.
   *
   *   producer                                  thread
   *   1. publish the operation                  1. wakeAt = next deadline     (volatile)
   *   2. full fence                             2. look for hand-overs again
   *   3. read wakeAt, unpark if it is later     3. park until then
   *
   * Both reads cannot miss both writes, so either the thread sees the operation and does not park, or the producer sees
   * wakeAt and wakes it. While the thread runs, wakeAt is AWAKE and producers leave it alone.
   */
  private static final GuardedLog LOG = GuardedLog.of(DriveThread.class);
  private static final VarHandle WAKE_AT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "wakeAt", VarHandle.class, DriveThread.class, long.class);

  private static final long AWAKE = Long.MIN_VALUE;
  private static final long AGAIN_NANOS = 10_000_000L;

  private final String name;
  private final TimeDriver driver;
  private final TimeSource time;
  private final Function<Runnable, Thread> threads;
  private volatile long wakeAt = TimeSource.NEVER;
  private volatile boolean closed;
  private volatile @Nullable Thread thread;

  private final AtomicLong failures = new AtomicLong();

  /** Guarded by this. */
  private boolean saidToLackThread;

  DriveThread(String name, TimeDriver driver, TimeSource time) {
    this(name, driver, time, body -> BackgroundThreads.daemon(name, body));
  }

  DriveThread(String name, TimeDriver driver, TimeSource time, Function<Runnable, Thread> threads) {
    this.name = name;
    this.driver = driver;
    this.time = time;
    this.threads = threads;
  }

  @Override
  public void wakeBy(long deadlineNanos) {
    // Full fence: orders the caller's publication before the read of wakeAt. JCTools publishes with
    // a release store, which a later volatile read may overtake; the thread would then park over a
    // hand-over. Stress: DriveThreadStress.NoSleepOverHandOver, TimerStress.NoLostWakeUp.
    VarHandle.fullFence();
    // The first to set AWAKE unparks; the others' hand-overs are seen by the same wake-up.
    if (deadlineNanos < wakeAt && (long) WAKE_AT.getAndSet(this, AWAKE) != AWAKE) {
      Thread running = thread;
      if (running == null) {
        start();
      } else {
        time.unpark(running);
      }
    }
  }

  private synchronized void start() {
    Thread running = thread;
    if (running != null) {
      time.unpark(running);
    } else if (!closed) {
      Thread started = threads.apply(this);
      thread = started;
      try {
        started.start();
      } catch (OutOfMemoryError e) {
        // The machine has no thread left. Who hands over next tries again; what was handed over
        // stays, and is done then. To throw would leave the caller's call with an operation that is
        // armed all the same.
        thread = null;
        wakeAt = TimeSource.NEVER;
        if (!saidToLackThread) {
          saidToLackThread = true;
          LOG.log(
              System.Logger.Level.ERROR,
              "timer '" + name + "' has no thread, so nothing times out before it gets one"
                  + " (said once)",
              e);
        }
      }
    }
  }

  @Override
  public void run() {
    try {
      while (!closed) {
        try {
          turn();
        } catch (Throwable e) {
          // The driver guards every operation by itself: a fault of ours, or an exhausted machine.
          failed(e);
          wakeAt = AWAKE;
        }
      }
    } finally {
      if (!closed) {
        // Only if the handling of a failure failed.
        replace();
      }
    }
  }

  /** Lets the driver work, and parks until it has to again. */
  void turn() {
    long next = driver.advanceTo(time.nanoTime());
    wakeAt = next;
    if (!driver.hasHandOver() && !closed) {
      time.parkUntil(this, next);
    }
    Thread.interrupted();
    wakeAt = AWAKE;
  }

  /** Everything here may fail again, of a full heap for instance; the loop goes on all the same. */
  private void failed(Throwable failure) {
    long count = failures.incrementAndGet();
    if (Long.bitCount(count) == 1) {
      // A constant: the heap may have no room for another message, and the thread has to go on.
      LOG.log(
          System.Logger.Level.ERROR,
          "a timer failed and goes on (logged at each power of two of its failures)",
          failure);
    }
    try {
      time.parkUntil(this, time.nanoTime() + AGAIN_NANOS);
    } catch (Throwable e) {
      // Not by the time source, which is what failed: a failure that stays must not keep a
      // processor busy.
      LockSupport.parkNanos(this, AGAIN_NANOS);
    }
  }

  private synchronized void replace() {
    thread = null;
    wakeAt = TimeSource.NEVER;
    start();
  }

  @Override
  public long failures() {
    return failures.get();
  }

  @Override
  public boolean isDriving() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
    }
    if (running == null || isDriving()) {
      return;
    }
    time.unpark(running);
    boolean interrupted = false;
    while (running.isAlive()) {
      try {
        running.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
