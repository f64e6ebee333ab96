package io.aragora.resilience.testing;

import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One runtime's registration: its driver and when it wants to be called. Thread-safe. */
final class Drive implements TimeDrive {
  private final String name;
  private final TimeDriver driver;
  private final BooleanSupplier driving;
  private final Runnable onWake;
  private final Consumer<Drive> onClose;

  /** Held while the driver runs, so that close can wait for it. */
  private final ReentrantLock call = new ReentrantLock();

  /** Lowered by {@link #wakeBy}; 0 at first, so that a new driver is called at the next opportunity. */
  private final AtomicLong nextNanos = new AtomicLong();

  private volatile long failedAtNanos;
  private volatile boolean closed;

  Drive(
      String name,
      TimeDriver driver,
      BooleanSupplier driving,
      Runnable onWake,
      Consumer<Drive> onClose) {
    this.name = name;
    this.driver = driver;
    this.driving = driving;
    this.onWake = onWake;
    this.onClose = onClose;
  }

  long nextNanos() {
    return closed ? TimeSource.NEVER : nextNanos.get();
  }

  boolean isDueAt(long nowNanos) {
    // One that threw has its next chance when time has moved, or it would throw for ever.
    return !closed
        && failedAtNanos != nowNanos
        && (nextNanos.get() <= nowNanos || driver.hasHandOver());
  }

  /** Calls the driver; what it throws is the caller's, and the driver then waits for the next wake-up. */
  void advanceTo(long nowNanos) {
    call.lock();
    try {
      if (closed) {
        return;
      }
      // Before the call, so that a wakeBy during it is not overwritten by what the driver answers.
      nextNanos.set(TimeSource.NEVER);
      failedAtNanos = nowNanos;
      lowerTo(driver.advanceTo(nowNanos));
      failedAtNanos = 0;
    } finally {
      call.unlock();
    }
  }

  /** Whether the calling thread is inside this driver. */
  boolean isInside() {
    return call.isHeldByCurrentThread();
  }

  @Override
  public void wakeBy(long deadlineNanos) {
    lowerTo(deadlineNanos);
    onWake.run();
  }

  @Override
  public boolean isDriving() {
    return driving.getAsBoolean();
  }

  @Override
  public void close() {
    closed = true;
    // Waits for a call that is under way; inside one, the lock is the caller's already.
    call.lock();
    try {
      onClose.accept(this);
    } finally {
      call.unlock();
    }
  }

  private void lowerTo(long deadlineNanos) {
    nextNanos.accumulateAndGet(deadlineNanos, Math::min);
  }

  @Override
  public String toString() {
    return name;
  }
}
