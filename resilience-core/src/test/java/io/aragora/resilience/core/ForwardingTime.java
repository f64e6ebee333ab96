package io.aragora.resilience.core;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Instant;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A time source that forwards to another one, except for the methods that a test overrides. */
public class ForwardingTime implements TimeSource {
  private final TimeSource time;

  /**
   * Creates a time source.
   *
   * @param time the source that receives the calls
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
  public TimerRegistration drive(String name, TimerCallback driver) {
    return time.drive(name, driver);
  }
}
