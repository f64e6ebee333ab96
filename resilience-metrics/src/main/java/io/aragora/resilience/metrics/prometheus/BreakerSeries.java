package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The breakers of a runtime, without those of keys. There may be very many, so labels are kept between scrapes, and samples are produced in the order of their labels, which saves the registry the sorting.
 */
final class BreakerSeries {
  /** Calls by outcome, in the order of {@link #counts}, which is alphabetical. */
  static final String[] OUTCOMES = {"failure", "ignored", "late", "rejected", "success"};

  private static final int SLOW = OUTCOMES.length;
  private static final int CHANGES = SLOW + 1;

  private record Reading(CircuitBreaker breaker, CircuitBreakerSnapshot snapshot) {
    /** From 0 to 1; NaN if no call is counted. A breaker that opens drops its window, so the rate is the one that opened it. */
    double failureRate() {
      CircuitBreakerState state = snapshot.state();
      if (snapshot.windowCalls() != 0
          || state == CircuitBreakerState.CLOSED
          || state == CircuitBreakerState.METRICS_ONLY) {
        return snapshot.failureRate() / 100;
      }
      CircuitBreakerExplanation.Evidence seen = breaker.explain().evidence();
      return seen == null ? Double.NaN : seen.failureRate() / 100;
    }
  }

  private record Kept(Labels plain, List<Labels> byOutcome, Map<Integer, Labels> byChange) {}

  private final NamedCounts breakers;
  private final Map<String, Kept> labels = new HashMap<>();

  BreakerSeries(int maxNames) {
    this.breakers = new NamedCounts(maxNames);
  }

  static long[] counts(CircuitBreakerTotals totals, int length) {
    long[] counts = new long[length];
    counts[0] = totals.failures();
    counts[1] = totals.ignored();
    counts[2] = totals.late();
    counts[3] = totals.rejected();
    counts[4] = totals.successes();
    return counts;
  }

  void read(Resilience resilience, SampleList samples) {
    Map<String, long[]> read = new TreeMap<>();
    Map<String, Reading> readings = new TreeMap<>();
    for (CircuitBreaker breaker : resilience.policies().circuitBreakers()) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      String name = SampleList.label(snapshot.name());
      readings.put(name, new Reading(breaker, snapshot));
      long[] counts = counts(snapshot.totals(), CHANGES + StateChanges.SIZE);
      counts[SLOW] = snapshot.slowCalls();
      if (snapshot.transitions() != 0) {
        StateChanges.read(breaker::transitions, counts, CHANGES);
      }
      read.merge(name, counts, NamedCounts::sum);
    }
    Map<String, long[]> shown = breakers.advance(read);
    labels.keySet().retainAll(shown.keySet());
    shown.forEach((name, counts) -> {
      Kept kept = labels.computeIfAbsent(name, none -> labelsOf(name, samples));
      for (int i = 0; i < OUTCOMES.length; i++) {
        samples.add(Families.BREAKER_CALLS, kept.byOutcome.get(i), counts[i]);
      }
      samples.add(Families.BREAKER_SLOW_CALLS, kept.plain, counts[SLOW]);
      StateChanges.show(
          Families.BREAKER_STATE_CHANGES,
          change -> kept.byChange.computeIfAbsent(
              change, number -> StateChanges.labels(name, number, samples)),
          counts,
          CHANGES,
          samples);
      Reading reading = breakers.isNamed(name) ? readings.get(name) : null;
      if (reading != null) {
        samples.add(Families.BREAKER_STATE, kept.plain, reading.snapshot.state().code());
        samples.add(Families.BREAKER_FAILURE_RATE, kept.plain, reading.failureRate());
      }
    });
  }

  private static Kept labelsOf(String name, SampleList samples) {
    List<Labels> byOutcome = new ArrayList<>();
    for (String outcome : OUTCOMES) {
      byOutcome.add(samples.labels(name, MetricNames.OUTCOME, outcome));
    }
    return new Kept(samples.labels(name), List.copyOf(byOutcome), new HashMap<>(2));
  }
}
