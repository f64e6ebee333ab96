package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.call.OnceLog;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.fallback.FallbackEvent;
import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.policy.Subscription;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Counts the fallbacks of the pipelines of one name, and writes their warnings. No method of a call throws. Thread-safe. */
public final class FallbackCounter {
  private static final GuardedLog LOG = GuardedLog.of(FallbackCounter.class);

  private final String pipeline;
  private final OnceLog warnings = new OnceLog(LOG);
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
    try {
      count(kind);
      if (events.isHeard()) {
        events.publish(FallbackEvent.of(pipeline, kind, failure));
      }
    } catch (Throwable e) {
      lost(e);
    }
  }

  void countResult(FallbackEvent.Kind kind, @Nullable Object result) {
    try {
      count(kind);
      if (events.isHeard()) {
        events.publish(FallbackEvent.ofResult(pipeline, kind, result));
      }
    } catch (Throwable e) {
      lost(e);
    }
  }

  private void count(FallbackEvent.Kind kind) {
    (kind == FallbackEvent.Kind.USED ? used : failed).increment();
  }

  /** The heap is full, for instance. The call keeps its value all the same. */
  private void lost(Throwable failure) {
    LOG.failed(
        System.Logger.Level.ERROR,
        this,
        "an event could not be published; its listeners miss it",
        failure);
  }

  void warn(String what, Throwable failure) {
    warnings.warn(this, what, failure);
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

  @Override
  public String toString() {
    return "fallback of pipeline '" + pipeline + "'";
  }
}
