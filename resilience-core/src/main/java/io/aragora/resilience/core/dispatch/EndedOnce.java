package io.aragora.resilience.core.dispatch;

import io.aragora.resilience.policy.Subscription;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A subscription that ends once. Closing it again does nothing, so it cannot end another
 * subscription of the same listener. Thread-safe.
 */
public final class EndedOnce implements Subscription {
  private final AtomicBoolean open = new AtomicBoolean(true);
  private final Runnable end;

  /**
   * Creates the subscription.
   *
   * @param end the action of the first closing
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
