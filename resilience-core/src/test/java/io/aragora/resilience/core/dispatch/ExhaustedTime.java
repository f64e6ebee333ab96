package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.concurrent.Executor;

/** The time of a machine that has no thread left for what should run in the background, as long as a test says so. */
public final class ExhaustedTime implements TimeSource {
  private final ManualTime time;

  /** Whether nothing runs in the background. */
  public volatile boolean exhausted = true;

  /** Makes one that begins exhausted. */
  public ExhaustedTime(ManualTime time) {
    this.time = time;
  }

  @Override
  public Executor executor() {
    return task -> {
      if (exhausted) {
        throw new OutOfMemoryError("unable to create native thread");
      }
      time.executor().execute(task);
    };
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
  public TimeDrive drive(String name, TimeDriver driver) {
    return time.drive(name, driver);
  }
}
