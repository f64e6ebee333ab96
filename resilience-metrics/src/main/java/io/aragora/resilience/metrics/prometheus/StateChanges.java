package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/** The kinds of transition, in the order of their labels, so that their counts fit into an array. */
final class StateChanges {
  /** Counts the transitions of one kind. */
  interface Counts {
    long between(CircuitBreakerState from, CircuitBreakerState to);
  }

  private record Change(CircuitBreakerState from, CircuitBreakerState to) {}

  /** The states that a transition may lead to from themselves: a reset, another opening, and one that was only noted. */
  private static final Set<CircuitBreakerState> MAY_FOLLOW_ITSELF = EnumSet.of(
      CircuitBreakerState.CLOSED, CircuitBreakerState.OPEN, CircuitBreakerState.METRICS_ONLY);

  private static final List<Change> ALL = all();

  static final int SIZE = ALL.size();

  /** The number of the change from closed to open, which is shown before the first transition, so that its first increase is visible. */
  static final int TRIP =
      ALL.indexOf(new Change(CircuitBreakerState.CLOSED, CircuitBreakerState.OPEN));

  /** The counts of a breaker without transitions. */
  static final long[] NONE = new long[SIZE];

  private StateChanges() {}

  private static List<Change> all() {
    List<Change> all = new ArrayList<>();
    for (CircuitBreakerState from : CircuitBreakerState.values()) {
      for (CircuitBreakerState to : CircuitBreakerState.values()) {
        if (from != to || MAY_FOLLOW_ITSELF.contains(from)) {
          all.add(new Change(from, to));
        }
      }
    }
    all.sort(Comparator.comparing((Change change) -> change.from.text())
        .thenComparing(change -> change.to.text()));
    return List.copyOf(all);
  }

  static void read(Counts counts, long[] into, int offset) {
    for (int i = 0; i < SIZE; i++) {
      Change change = ALL.get(i);
      into[offset + i] = counts.between(change.from, change.to);
    }
  }

  /** Shows the kinds that have occurred, and closed to open always. Labels are indexed by the number of the kind. */
  static void show(
      MetricFamilyDescriptor family,
      IntFunction<Labels> labels,
      long[] counts,
      int offset,
      SampleList samples) {
    for (int i = 0; i < SIZE; i++) {
      long count = counts[offset + i];
      if (count != 0 || i == TRIP) {
        samples.add(family, labels.apply(i), count);
      }
    }
  }

  /** Returns the number after the last change that has the same state before it. */
  static int endOfSameOrigin(int number) {
    int end = number;
    while (end < SIZE && from(end) == from(number)) {
      end++;
    }
    return end;
  }

  static CircuitBreakerState from(int number) {
    return ALL.get(number).from;
  }

  static CircuitBreakerState to(int number) {
    return ALL.get(number).to;
  }

  static Labels labels(String name, int number, SampleList samples) {
    Change change = ALL.get(number);
    return samples.labels(
        name, MetricNames.FROM_STATE, change.from.text(), MetricNames.TO_STATE, change.to.text());
  }
}
