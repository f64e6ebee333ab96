package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.dispatch.Listeners;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts the transitions of one breaker, or of all keys of a keyed one, and passes them to listeners. */
final class TransitionSink {
  private record Change(CircuitBreakerState from, CircuitBreakerState to) {}

  final Listeners<CircuitBreakerListener> listeners;

  /** The changes that have occurred; at most one entry for each pair of states. */
  private final Map<Change, LongAdder> counts = new ConcurrentHashMap<>();

  TransitionSink(String owner) {
    this.listeners = new Listeners<>(owner);
  }

  void count(CircuitBreakerState from, CircuitBreakerState to) {
    counts.computeIfAbsent(new Change(from, to), change -> new LongAdder()).increment();
  }

  long counted(CircuitBreakerState from, CircuitBreakerState to) {
    LongAdder count = counts.get(new Change(from, to));
    return count == null ? 0 : count.sum();
  }
}
