package io.aragora.resilience.core.time;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * A time source that advances only on request and never drives: an actor plays the driving thread. Background work runs
 * inline, unless there is an executor.
 */
public final class HandDrivenTime implements TimeSource, TimerRegistration {
  /** One tick of the timer, in nanoseconds. */
  public static final long TICK = 1L << 20;

  private final Executor background;
  private volatile long now = 1;

  /** Runs background work inline. */
  public HandDrivenTime() {
    this(Runnable::run);
  }

  /** Runs background work on an executor. */
  public HandDrivenTime(Executor background) {
    this.background = background;
  }

  /** Advances the time without driving. */
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
  public TimerRegistration drive(String name, TimerCallback driver) {
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
