package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** The kinds of transition, in a fixed order, so that their counts fit into an array. */
final class StateChanges {
  /** Counts the transitions of one kind. */
  interface Counts {
    long between(CircuitBreakerState from, CircuitBreakerState to);
  }

  private record Change(CircuitBreakerState from, CircuitBreakerState to) {
    /** Shown before the first transition, too, so that its first increase is visible. */
    boolean isTrip() {
      return from == CircuitBreakerState.CLOSED && to == CircuitBreakerState.OPEN;
    }
  }

  private static final List<Change> ALL = all();

  static final int SIZE = ALL.size();

  private StateChanges() {}

  private static List<Change> all() {
    List<Change> all = new ArrayList<>();
    for (CircuitBreakerState from : CircuitBreakerState.values()) {
      for (CircuitBreakerState to : CircuitBreakerState.values()) {
        if (from != to) {
          all.add(new Change(from, to));
        }
      }
    }
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
      if (count != 0 || ALL.get(i).isTrip()) {
        samples.add(family, labels.apply(i), count);
      }
    }
  }

  static Labels labels(String name, int number, SampleList samples) {
    Change change = ALL.get(number);
    return samples.labels(
        name, MetricNames.FROM_STATE, change.from.text(), MetricNames.TO_STATE, change.to.text());
  }
}
