package io.aragora.resilience.core.time;

import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs a driver on its own thread. The thread is started at the first hand-over, and parked until
 * the next operation is due, or without a deadline if there is none.
 */
final class DriveThread implements TimerRegistration, Runnable {
  /*
   * Memory order: the handshake between a producer that hands over and the thread that goes to
   * sleep is Dekker's: each writes its side, then reads the other's.
   *
   *   producer                                  thread
   *   1. publish the operation                  1. wakeAt = next deadline     (volatile)
   *   2. full fence                             2. look for hand-overs again
   *   3. read wakeAt, unpark if it is later     3. park until then
   *
   * The two reads cannot both miss the other side's write. So either the thread sees the operation
   * and does not park, or the producer sees wakeAt and wakes the thread. While the thread runs,
   * wakeAt is AWAKE and producers do not wake it.
   */
  private static final GuardedLog LOG = GuardedLog.of(DriveThread.class);
  private static final VarHandle WAKE_AT = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "wakeAt", VarHandle.class, DriveThread.class, long.class);

  private static final long AWAKE = Long.MIN_VALUE;
  private static final long AGAIN_NANOS = 10_000_000L;

  private final String name;
  private final TimerCallback driver;
  private final TimeSource time;
  private final @Nullable Function<Runnable, Thread> threads;
  private volatile long wakeAt = TimeSource.NEVER;
  private volatile boolean closed;
  private volatile @Nullable Thread thread;

  private final AtomicLong failures = new AtomicLong();

  /** Benign race: two threads may both say it. */
  private volatile boolean saidToLackThread;

  DriveThread(String name, TimerCallback driver, TimeSource time) {
    this(name, driver, time, null);
  }

  DriveThread(
      String name,
      TimerCallback driver,
      TimeSource time,
      @Nullable Function<Runnable, Thread> threads) {
    this.name = name;
    this.driver = driver;
    this.time = time;
    this.threads = threads;
  }

  @Override
  public void wakeBy(long deadlineNanos) {
    // Full fence: orders the caller's publication before the read of wakeAt. JCTools publishes with
    // a release store, which a later volatile read may overtake; the thread would then park despite
    // a hand-over. Stress: DriveThreadStress.NoSleepOverHandOver, TimerStress.NoLostWakeUp.
    VarHandle.fullFence();
    // The first producer to set AWAKE unparks; the same wake-up sees the hand-overs of the others.
    if (deadlineNanos < wakeAt && (long) WAKE_AT.getAndSet(this, AWAKE) != AWAKE) {
      Thread running = thread;
      if (running == null) {
        start();
      } else {
        time.unpark(running);
      }
    }
  }

  private void start() {
    OutOfMemoryError failure = tryToStart();
    if (failure == null || saidToLackThread) {
      return;
    }
    saidToLackThread = true;
    try {
      LOG.log(
          System.Logger.Level.ERROR,
          "timer '" + name + "': no thread could be started, so no timeout fires until one can"
              + " (logged once)",
          failure);
    } catch (Throwable e) {
      // The heap has no room for the message. The caller must go on: its operation is armed.
    }
  }

  /**
   * Starts the thread, or wakes it. Returns the error if the machine has no free thread or the heap has no room for one. The next
   * producer tries again then; operations that were handed over stay and are processed then. An exception would leave the caller
   * with an operation that is still armed.
   */
  private synchronized @Nullable OutOfMemoryError tryToStart() {
    Thread running = thread;
    if (running != null) {
      time.unpark(running);
      return null;
    }
    if (closed) {
      return null;
    }
    boolean isStarted = false;
    try {
      Thread starting =
          threads == null ? BackgroundThreads.daemon(name, this) : threads.apply(this);
      thread = starting;
      starting.start();
      isStarted = true;
      return null;
    } catch (OutOfMemoryError e) {
      return e;
    } finally {
      if (!isStarted) {
        thread = null;
        wakeAt = TimeSource.NEVER;
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
          // The driver guards each operation, so this is a fault of the library or an exhausted
          // machine.
          failed(e);
          wakeAt = AWAKE;
        }
      }
    } finally {
      if (!closed) {
        // Reached only if the handling of a failure failed.
        replace();
      }
    }
  }

  /** Runs the driver once, and parks until it is due again. */
  void turn() {
    long next = driver.advanceTo(time.nanoTime());
    wakeAt = next;
    if (!driver.hasHandOver() && !closed) {
      time.parkUntil(this, next);
    }
    Thread.interrupted();
    wakeAt = AWAKE;
  }

  /**
   * Counts and logs a failure. Each step here may fail again, because the heap is full for
   * instance; the loop continues.
   */
  private void failed(Throwable failure) {
    long count = failures.incrementAndGet();
    if (Long.bitCount(count) == 1) {
      // A constant: the heap may have no room for another message, and the thread must continue.
      LOG.log(
          System.Logger.Level.ERROR,
          "a timer failed and continues (logged at each power of two of its failures)",
          failure);
    }
    try {
      time.parkUntil(this, time.nanoTime() + AGAIN_NANOS);
    } catch (Throwable e) {
      // Does not use the time source, which failed. A permanent failure must not keep a processor
      // busy.
      LockSupport.parkNanos(this, AGAIN_NANOS);
    }
  }

  private void replace() {
    synchronized (this) {
      thread = null;
      wakeAt = TimeSource.NEVER;
    }
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
