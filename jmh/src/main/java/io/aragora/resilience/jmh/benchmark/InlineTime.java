package io.aragora.resilience.jmh.benchmark;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * A time that one thread advances, and that runs all tasks on that thread. It allocates nothing, so the runtime alone causes
 * the measured allocation.
 */
public final class InlineTime implements TimeSource {
  private final List<TimerCallback> drivers = new ArrayList<>();
  private final Runnable onArmed;
  private long now = 1;

  /** Time that stands still. */
  public InlineTime(Runnable onArmed) {
    this.onArmed = onArmed;
  }

  public void advance(Duration step) {
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
    throw new UnsupportedOperationException("no other thread advances the time");
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
  public TimerRegistration drive(String name, TimerCallback driver) {
    drivers.add(driver);
    return new TimerRegistration() {
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
