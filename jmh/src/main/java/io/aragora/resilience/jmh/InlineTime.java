package io.aragora.resilience.jmh;

import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Time that one thread moves and on which everything runs, without allocating anything: so that what is allocated is the
 * runtime's own.
 */
final class InlineTime implements TimeSource {
  private final List<TimeDriver> drivers = new ArrayList<>();
  private final Runnable onArmed;
  private long now = 1;

  /** Time that stands still. */
  InlineTime(Runnable onArmed) {
    this.onArmed = onArmed;
  }

  void advance(Duration step) {
    now += step.toNanos();
    for (int i = 0; i < drivers.size(); i++) {
      drivers.get(i).advanceTo(now);
    }
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Instant wallTime() {
    return Instant.EPOCH.plusNanos(now);
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    throw new UnsupportedOperationException("nobody moves the time meanwhile");
  }

  @Override
  public void unpark(Thread thread) {}

  @Override
  public double random(String owner, long operation, int draw) {
    return 0.5;
  }

  @Override
  public Executor executor() {
    return Runnable::run;
  }

  @Override
  public TimeDrive drive(String name, TimeDriver driver) {
    drivers.add(driver);
    return new TimeDrive() {
      @Override
      public void wakeBy(long deadlineNanos) {
        onArmed.run();
      }

      @Override
      public boolean isDriving() {
        return false;
      }

      @Override
      public void close() {
        drivers.remove(driver);
      }
    };
  }
}
