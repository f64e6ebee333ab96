package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The breakers of a runtime that have names of their own. */
final class BreakerSeries {
  /** Calls by outcome, in the order of {@link #counts}. */
  static final String[] OUTCOMES = {"success", "failure", "ignored", "rejected", "late"};

  private static final int SLOW = OUTCOMES.length;
  private static final int CHANGES = SLOW + 1;

  private final NamedCounts breakers;

  BreakerSeries(int maxNames) {
    this.breakers = new NamedCounts(maxNames);
  }

  static long[] counts(CircuitBreakerTotals totals, int length) {
    long[] counts = new long[length];
    counts[0] = totals.successes();
    counts[1] = totals.failures();
    counts[2] = totals.ignored();
    counts[3] = totals.rejected();
    counts[4] = totals.late();
    return counts;
  }

  void read(Resilience resilience, SampleList samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    Map<String, CircuitBreakerSnapshot> snapshots = new HashMap<>();
    for (CircuitBreaker breaker : resilience.circuitBreakers()) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      String name = SampleList.label(snapshot.name());
      snapshots.put(name, snapshot);
      long[] counts = counts(snapshot.totals(), CHANGES + StateChanges.SIZE);
      counts[SLOW] = snapshot.slowCalls();
      if (snapshot.transitions() != 0) {
        StateChanges.read(breaker::transitions, counts, CHANGES);
      }
      read.merge(name, counts, NamedCounts::sum);
    }
    breakers.advance(read).forEach((name, counts) -> {
      for (int i = 0; i < OUTCOMES.length; i++) {
        samples.count(Families.BREAKER_CALLS, name, MetricNames.OUTCOME, OUTCOMES[i], counts[i]);
      }
      samples.count(Families.BREAKER_SLOW_CALLS, name, counts[SLOW]);
      StateChanges.show(Families.BREAKER_STATE_CHANGES, name, counts, CHANGES, samples);
    });
    snapshots.forEach((name, snapshot) -> {
      if (breakers.isNamed(name)) {
        samples.count(Families.BREAKER_STATE, name, snapshot.state().code());
        samples.gauge(Families.BREAKER_FAILURE_RATE, name, snapshot.failureRate() / 100);
      }
    });
  }
}
