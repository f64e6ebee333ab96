package io.aragora.resilience.core.time;

import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * A source that moves only when it is told to, and never drives: an actor plays the driving thread. What goes to the background
 * runs inline, unless an executor is given.
 */
public final class HandDrivenTime implements TimeSource, TimeDrive {
  /** One tick of the timer, in nanoseconds. */
  public static final long TICK = 1L << 20;

  private final Executor background;
  private volatile long now = 1;

  /** Runs inline what goes to the background. */
  public HandDrivenTime() {
    this(Runnable::run);
  }

  /** Leaves what goes to the background to an executor. */
  public HandDrivenTime(Executor background) {
    this.background = background;
  }

  /** Moves the time, without driving anything. */
  public void set(long nanos) {
    now = nanos;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Instant wallTime() {
    return Instant.EPOCH;
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {}

  @Override
  public void unpark(Thread thread) {}

  @Override
  public double random(String owner, long operation, int draw) {
    return 0;
  }

  @Override
  public Executor executor() {
    return background;
  }

  @Override
  public TimeDrive drive(String name, TimeDriver driver) {
    return this;
  }

  @Override
  public void wakeBy(long deadlineNanos) {}

  @Override
  public boolean isDriving() {
    return false;
  }

  @Override
  public void close() {}
}
