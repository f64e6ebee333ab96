package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import java.util.concurrent.Executor;

/** The time of a machine that has no thread left for what should run in the background, as long as a test says so. */
public final class ExhaustedTime extends ForwardingTime {
  private final ManualTime time;

  /** Whether nothing runs in the background. */
  public volatile boolean exhausted = true;

  /** Makes one that begins exhausted. */
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
