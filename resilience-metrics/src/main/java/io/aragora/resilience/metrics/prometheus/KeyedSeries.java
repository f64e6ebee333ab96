package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keyed breakers of a runtime. */
final class KeyedSeries {
  private static final int EVICTIONS = 0;
  private static final int OVERFLOWS = 1;
  private static final int CHANGES = 2;

  private final NamedCounts keyedBreakers;
  private final int maxKeys;
  private final Map<String, TopKeys> tops = new HashMap<>();

  KeyedSeries(int maxNames, int maxKeys) {
    this.keyedBreakers = new NamedCounts(maxNames);
    this.maxKeys = maxKeys;
  }

  void read(Resilience resilience, SampleList samples) {
    Map<String, List<KeyedCircuitBreaker>> byName = new LinkedHashMap<>();
    Map<String, long[]> read = new LinkedHashMap<>();
    for (KeyedCircuitBreaker keyed : resilience.policies().keyedCircuitBreakers()) {
      String name = SampleList.label(keyed.name());
      byName.computeIfAbsent(name, none -> new ArrayList<>()).add(keyed);
      long[] counts = new long[CHANGES + StateChanges.SIZE];
      counts[EVICTIONS] = keyed.evictions();
      counts[OVERFLOWS] = keyed.overflows();
      StateChanges.read(keyed::transitions, counts, CHANGES);
      read.merge(name, counts, NamedCounts::sum);
    }
    keyedBreakers.advance(read).forEach((name, counts) -> {
      samples.add(Families.KEY_EVICTIONS, name, counts[EVICTIONS]);
      samples.add(Families.KEY_OVERFLOWS, name, counts[OVERFLOWS]);
      StateChanges.show(
          Families.KEY_STATE_CHANGES,
          change -> StateChanges.labels(name, change, samples),
          counts,
          CHANGES,
          samples);
    });
    tops.keySet().retainAll(byName.keySet());
    byName.forEach((name, alike) -> {
      if (keyedBreakers.isNamed(name)) {
        readKeys(name, alike, samples);
      }
    });
  }

  private void readKeys(String name, List<KeyedCircuitBreaker> alike, SampleList samples) {
    TopKeys top = tops.computeIfAbsent(name, none -> new TopKeys(maxKeys));
    int size = 0;
    CircuitBreakerTotals totals = CircuitBreakerTotals.ZERO;
    top.begin();
    for (KeyedCircuitBreaker keyed : alike) {
      size += keyed.size();
      // Before the keys, so that a concurrent call is counted under its key alone.
      totals = totals.plus(keyed.totals());
      keyed.forEachKey(top::offer);
    }
    samples.add(Families.KEYS, name, size);
    samples.add(Families.KEYS_OPEN, name, top.open());
    top.end(totals);
    top.states()
        .forEach((key, code) -> samples.add(Families.KEY_STATE, name, MetricNames.KEY, key, code));
    top.counts().forEach((key, counts) -> {
      for (int i = 0; i < counts.length; i++) {
        samples.add(
            Families.KEY_CALLS,
            name,
            MetricNames.KEY,
            key,
            MetricNames.OUTCOME,
            BreakerSeries.OUTCOMES[i],
            counts[i]);
      }
    });
  }
}
