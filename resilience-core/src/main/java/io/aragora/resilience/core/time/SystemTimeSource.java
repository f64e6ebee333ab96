package io.aragora.resilience.core.time;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The time of the machine, counted from the loading of this class, and random numbers. */
public enum SystemTimeSource implements TimeSource {
  /** The one instance. */
  INSTANCE;

  /** One nanosecond early, so that the first reading is positive. */
  private static final long ORIGIN = System.nanoTime() - 1;

  @Override
  public long nanoTime() {
    return System.nanoTime() - ORIGIN;
  }

  @Override
  public Instant wallTime() {
    return Instant.now();
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    if (deadlineNanos == NEVER) {
      LockSupport.park(blocker);
      return;
    }
    long nanos = deadlineNanos - nanoTime();
    if (nanos > 0) {
      LockSupport.parkNanos(blocker, nanos);
    }
  }

  @Override
  public void unpark(Thread thread) {
    LockSupport.unpark(thread);
  }

  @Override
  public double random(String owner, long operation, int draw) {
    return ThreadLocalRandom.current().nextDouble();
  }

  @Override
  public @Nullable Executor executor() {
    return null;
  }

  @Override
  public TimerRegistration drive(String name, TimerCallback driver) {
    return new DriveThread(name, driver, this);
  }
}
