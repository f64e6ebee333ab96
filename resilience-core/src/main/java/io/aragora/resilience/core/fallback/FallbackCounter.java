package io.aragora.resilience.core.fallback;

import io.aragora.resilience.Subscription;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** What the fallbacks of the pipelines of one name did. */
public final class FallbackCounter {
  private final String pipeline;
  private final LongAdder used = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final EventChannel<FallbackEvent> events;

  /**
   * Starts at zero.
   *
   * @param pipeline the name of the pipelines
   * @param dispatcher delivers the events
   */
  public FallbackCounter(String pipeline, Dispatcher dispatcher) {
    this.pipeline = pipeline;
    this.events = new EventChannel<>(pipeline, dispatcher);
  }

  void count(FallbackEvent.Kind kind, Throwable failure) {
    (kind == FallbackEvent.Kind.USED ? used : failed).increment();
    if (events.isHeard()) {
      events.publish(new FallbackEvent(pipeline, kind, failure));
    }
  }

  /**
   * Names the pipelines.
   *
   * @return the name
   */
  public String pipeline() {
    return pipeline;
  }

  /**
   * Gives what was counted.
   *
   * @return the totals
   */
  public FallbackTotals totals() {
    return new FallbackTotals(used.sum(), failed.sum());
  }

  Subscription subscribe(Consumer<? super FallbackEvent> listener) {
    return events.subscribe(listener);
  }
}
