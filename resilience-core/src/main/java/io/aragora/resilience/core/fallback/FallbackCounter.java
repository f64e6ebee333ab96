package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.policy.Subscription;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Counts the fallbacks of the pipelines of one name. Thread-safe. */
public final class FallbackCounter {
  private final String pipeline;
  private final LongAdder used = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final EventChannel<FallbackEvent> events;

  /**
   * Creates a counter at zero.
   *
   * @param pipeline the name of the pipelines
   * @param dispatcher delivers the events
   */
  public FallbackCounter(String pipeline, Dispatcher dispatcher) {
    this.pipeline = pipeline;
    this.events = new EventChannel<>(pipeline, dispatcher);
  }

  void count(FallbackEvent.Kind kind, Throwable failure) {
    count(kind);
    if (events.isHeard()) {
      events.publish(FallbackEvent.of(pipeline, kind, failure));
    }
  }

  void countResult(FallbackEvent.Kind kind, @Nullable Object result) {
    count(kind);
    if (events.isHeard()) {
      events.publish(FallbackEvent.ofResult(pipeline, kind, result));
    }
  }

  private void count(FallbackEvent.Kind kind) {
    (kind == FallbackEvent.Kind.USED ? used : failed).increment();
  }

  /** {@return the name of the pipelines} */
  public String pipeline() {
    return pipeline;
  }

  /** {@return the totals} */
  public FallbackTotals totals() {
    return FallbackTotals.builder().used(used.sum()).failed(failed.sum()).build();
  }

  Subscription subscribe(Consumer<? super FallbackEvent> listener) {
    return events.subscribe(listener);
  }
}
