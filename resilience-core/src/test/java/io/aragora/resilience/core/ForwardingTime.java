package io.aragora.resilience.core;

import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A time that asks another one, but for what a test overrides. */
public class ForwardingTime implements TimeSource {
  private final TimeSource time;

  /**
   * Creates a time.
   *
   * @param time what is asked
   */
  public ForwardingTime(TimeSource time) {
    this.time = time;
  }

  @Override
  public long nanoTime() {
    return time.nanoTime();
  }

  @Override
  public Instant wallTime() {
    return time.wallTime();
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    time.parkUntil(blocker, deadlineNanos);
  }

  @Override
  public void unpark(Thread thread) {
    time.unpark(thread);
  }

  @Override
  public double random(String owner, long operation, int draw) {
    return time.random(owner, operation, draw);
  }

  @Override
  public @Nullable Executor executor() {
    return time.executor();
  }

  @Override
  public TimeDrive drive(String name, TimeDriver driver) {
    return time.drive(name, driver);
  }
}
