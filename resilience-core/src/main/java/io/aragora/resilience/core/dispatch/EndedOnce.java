package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.Subscription;
import java.util.concurrent.atomic.AtomicBoolean;

/** A subscription of which a second closing does nothing, so that it cannot end another one of the same listener. Thread-safe. */
public final class EndedOnce implements Subscription {
  private final AtomicBoolean open = new AtomicBoolean(true);
  private final Runnable end;

  /**
   * Begins it.
   *
   * @param end what the first closing does
   */
  public EndedOnce(Runnable end) {
    this.end = end;
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      end.run();
    }
  }
}
