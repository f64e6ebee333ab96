package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import java.util.concurrent.Executor;

/** The time source of a machine that has no thread for background work while a test says so. */
public final class ExhaustedTime extends ForwardingTime {
  private final ManualTime time;

  /** Whether background work is rejected. */
  public volatile boolean exhausted = true;

  /** Creates an exhausted time source. */
  public ExhaustedTime(ManualTime time) {
    super(time);
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
}
