package io.aragora.resilience.testing;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One runtime's registration: its driver and the time of its next call. Thread-safe. */
final class Drive implements TimerRegistration {
  private final String name;
  private final TimerCallback driver;
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
      TimerCallback driver,
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
    // A driver that threw is called again only when time has advanced; otherwise it could throw for
    // ever.
    return !closed
        && failedAtNanos != nowNanos
        && (nextNanos.get() <= nowNanos || driver.hasHandOver());
  }

  /** Calls the driver and passes its exception on; the driver then waits for the next wake-up. */
  void advanceTo(long nowNanos) {
    call.lock();
    try {
      if (closed) {
        return;
      }
      // Before the call, so that the driver's result does not overwrite a wakeBy during it.
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
    // Waits for a running call; inside one, the caller already holds the lock.
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
