package io.aragora.resilience.resilience4j;

import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.EventProcessor;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of the events of one policy. A consumer that throws hides the event neither from the other consumers nor from the
 * call. Thread-safe.
 *
 * @param <E> the events
 */
class GuardedEvents<E> extends EventProcessor<E> {
  private static final String FAILED =
      "a consumer of events failed; the call is not affected (logged once)";

  /** A record, so that a consumer that is registered twice receives an event once, as with Resilience4j. */
  private record Guarded<E>(EventConsumer<E> consumer, ForeignCalls foreign)
      implements EventConsumer<E> {
    @Override
    public void consumeEvent(E event) {
      try {
        consumer.consumeEvent(event);
      } catch (Throwable e) {
        foreign.failed(FAILED, e);
      }
    }
  }

  private final ForeignCalls foreign;

  GuardedEvents(ForeignCalls foreign) {
    this.foreign = foreign;
  }

  final void deliver(E event) {
    try {
      processEvent(event);
    } catch (Throwable e) {
      foreign.failed(FAILED, e);
    }
  }

  @Override
  public final void registerConsumer(String type, EventConsumer<? extends E> consumer) {
    super.registerConsumer(type, new Guarded<>(consumer, foreign));
  }

  @Override
  public void onEvent(@Nullable EventConsumer<E> consumer) {
    super.onEvent(consumer == null ? null : new Guarded<>(consumer, foreign));
  }
}
