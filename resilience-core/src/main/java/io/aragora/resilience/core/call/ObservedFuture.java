package io.aragora.resilience.core.call;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that is observed, or its part inside a timeout. The observer is told of the end before the future
 * ends, so the caller sees what the observer did.
 *
 * @param <T> the type of the value
 */
final class ObservedFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  /** The position of a whole call. */
  static final int CALL = -1;

  private final Observation observation;
  private final int index;
  private final long since;

  /**
   * Creates a future.
   *
   * @param observation the call
   * @param index the position of the timeout, or {@link #CALL}
   * @param since the time at which the timeout was entered
   */
  ObservedFuture(Observation observation, int index, long since) {
    this.observation = observation;
    this.index = index;
    this.since = since;
  }

  void observe(CompletableFuture<T> inner) {
    follow(inner);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      pass(failure);
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    pass(cause);
  }

  private void pass(@Nullable Throwable failure) {
    if (index == CALL) {
      observation.endFuture(failure);
    } else {
      observation.timed(index, since, failure);
    }
  }
}
