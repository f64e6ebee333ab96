package io.aragora.resilience.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryTotals;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutTotals;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the numbers of one runtime. What was shown is remembered, because sums over cells that go on counting may come out
 * smaller than a moment ago, which Prometheus would take for a restart. The runtime itself is not kept, so this may be the
 * value of a weak map. Thread-safe: one read at a time.
 */
final class RuntimeSeries {
  /** The most breakers, and retries, and timeouts, that have a series of their own; the rest are summed up. */
  static final int MAX_NAMES = 1000;

  private final NamedCounts breakers = new NamedCounts(MAX_NAMES);
  private final NamedCounts keyedBreakers = new NamedCounts(MAX_NAMES);
  private final NamedCounts retries = new NamedCounts(MAX_NAMES);
  private final NamedCounts budgets = new NamedCounts(MAX_NAMES);
  private final NamedCounts timeouts = new NamedCounts(MAX_NAMES);
  private final NamedCounts fallbacks = new NamedCounts(MAX_NAMES);
  private long saved;
  private long storeFailures;

  /** Reads a runtime, always the same one, under the label that it has. */
  synchronized List<Sample> read(String runtime, Resilience resilience) {
    List<Sample> samples = new ArrayList<>();
    readBreakers(runtime, resilience, samples);
    readKeyedBreakers(runtime, resilience, samples);
    readRetries(runtime, resilience, samples);
    readBudgets(runtime, resilience, samples);
    readTimeouts(runtime, resilience, samples);
    readFallbacks(runtime, resilience, samples);
    readStore(runtime, resilience.storeStatus(), samples);
    return samples;
  }

  private void readBreakers(String runtime, Resilience resilience, List<Sample> samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    Map<String, CircuitBreakerSnapshot> snapshots = new HashMap<>();
    for (CircuitBreaker breaker : resilience.circuitBreakers()) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      CircuitBreakerTotals totals = snapshot.totals();
      String name = label(snapshot.name());
      snapshots.put(name, snapshot);
      add(
          read,
          name,
          totals.successes(),
          totals.failures(),
          totals.ignored(),
          totals.rejected(),
          totals.late(),
          snapshot.transitions(),
          snapshot.slowCalls());
    }
    breakers.advance(read).forEach((name, counts) -> {
      samples.add(outcome(Families.BREAKER_CALLS, runtime, name, "success", counts[0]));
      samples.add(outcome(Families.BREAKER_CALLS, runtime, name, "failure", counts[1]));
      samples.add(outcome(Families.BREAKER_CALLS, runtime, name, "ignored", counts[2]));
      samples.add(outcome(Families.BREAKER_CALLS, runtime, name, "rejected", counts[3]));
      samples.add(outcome(Families.BREAKER_CALLS, runtime, name, "late", counts[4]));
      samples.add(named(Families.BREAKER_TRANSITIONS, runtime, name, (double) counts[5]));
      samples.add(named(Families.BREAKER_SLOW_CALLS, runtime, name, (double) counts[6]));
    });
    snapshots.forEach((name, snapshot) -> {
      if (breakers.isNamed(name)) {
        samples.add(
            named(Families.BREAKER_STATE, runtime, name, snapshot.state().code()));
        samples.add(
            named(Families.BREAKER_FAILURE_RATE, runtime, name, snapshot.failureRate() / 100));
      }
    });
  }

  private void readKeyedBreakers(String runtime, Resilience resilience, List<Sample> samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    Map<String, Integer> keys = new HashMap<>();
    for (KeyedCircuitBreaker keyed : resilience.keyedCircuitBreakers()) {
      String name = label(keyed.name());
      keys.merge(name, keyed.size(), Integer::sum);
      add(read, name, keyed.evictions(), keyed.overflows());
    }
    keyedBreakers.advance(read).forEach((name, counts) -> {
      samples.add(named(Families.KEY_EVICTIONS, runtime, name, (double) counts[0]));
      samples.add(named(Families.KEY_OVERFLOWS, runtime, name, (double) counts[1]));
    });
    keys.forEach((name, size) -> {
      if (keyedBreakers.isNamed(name)) {
        samples.add(named(Families.KEYS, runtime, name, size));
      }
    });
  }

  private void readRetries(String runtime, Resilience resilience, List<Sample> samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    for (Retry retry : resilience.retries()) {
      RetryTotals totals = retry.totals();
      add(
          read,
          label(retry.name()),
          totals.succeededAtOnce(),
          totals.succeededAfterRetry(),
          totals.exhausted() - totals.outOfBudget(),
          totals.outOfBudget(),
          totals.notRetried(),
          totals.retries());
    }
    retries.advance(read).forEach((name, counts) -> {
      samples.add(outcome(Families.RETRY_CALLS, runtime, name, "success", counts[0]));
      samples.add(outcome(Families.RETRY_CALLS, runtime, name, "success_after_retry", counts[1]));
      samples.add(outcome(Families.RETRY_CALLS, runtime, name, "exhausted", counts[2]));
      samples.add(outcome(Families.RETRY_CALLS, runtime, name, "not_retried", counts[4]));
      samples.add(outcome(Families.RETRY_CALLS, runtime, name, "out_of_budget", counts[3]));
      samples.add(named(Families.RETRY_ATTEMPTS, runtime, name, (double) counts[5]));
    });
  }

  private void readBudgets(String runtime, Resilience resilience, List<Sample> samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    Map<String, Double> levels = new HashMap<>();
    for (RetryBudget budget : resilience.retryBudgets()) {
      String name = label(budget.name());
      levels.merge(name, budget.level(), Double::sum);
      add(read, name, budget.refused());
    }
    budgets
        .advance(read)
        .forEach((name, counts) ->
            samples.add(named(Families.BUDGET_REFUSED, runtime, name, (double) counts[0])));
    levels.forEach((name, level) -> {
      if (budgets.isNamed(name)) {
        samples.add(named(Families.BUDGET_LEVEL, runtime, name, level));
      }
    });
  }

  private void readTimeouts(String runtime, Resilience resilience, List<Sample> samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    for (Timeout timeout : resilience.timeouts()) {
      TimeoutTotals totals = timeout.totals();
      add(read, label(timeout.name()), totals.inTime(), totals.fired(), totals.late());
    }
    timeouts.advance(read).forEach((name, counts) -> {
      samples.add(outcome(Families.TIMEOUT_CALLS, runtime, name, "in_time", counts[0]));
      samples.add(outcome(Families.TIMEOUT_CALLS, runtime, name, "fired", counts[1]));
      samples.add(outcome(Families.TIMEOUT_CALLS, runtime, name, "late", counts[2]));
      samples.add(named(Families.TIMEOUTS, runtime, name, (double) (counts[1] + counts[2])));
    });
  }

  private void readFallbacks(String runtime, Resilience resilience, List<Sample> samples) {
    Map<String, long[]> read = new LinkedHashMap<>();
    resilience
        .fallbackTotals()
        .forEach((name, totals) -> add(read, label(name), totals.used(), totals.failed()));
    fallbacks.advance(read).forEach((name, counts) -> {
      samples.add(outcome(Families.FALLBACKS, runtime, name, "used", counts[0]));
      samples.add(outcome(Families.FALLBACKS, runtime, name, "failed", counts[1]));
    });
  }

  private void readStore(String runtime, StateStoreStatus status, List<Sample> samples) {
    if (status.location().equals(StateStoreStatus.NONE.location())) {
      return;
    }
    saved = Math.max(saved, status.saved());
    storeFailures = Math.max(storeFailures, status.failures());
    Labels labels = Labels.of(MetricNames.RUNTIME, runtime);
    samples.add(new Sample(Families.STORE_SAVED, labels, saved));
    samples.add(new Sample(Families.STORE_FAILURES, labels, storeFailures));
    samples.add(new Sample(Families.STORE_PENDING, labels, status.pending()));
  }

  /** Makes a label of a name: half a surrogate pair is not text, and would make two series look like one when written. */
  static String label(String name) {
    return new String(name.getBytes(UTF_8), UTF_8);
  }

  private static void add(Map<String, long[]> read, String name, long... counts) {
    read.merge(name, counts, NamedCounts::sum);
  }

  private static Sample named(
      MetricFamilyDescriptor family, String runtime, String name, double value) {
    return new Sample(
        family, Labels.of(MetricNames.RUNTIME, runtime, MetricNames.NAME, name), value);
  }

  private static Sample outcome(
      MetricFamilyDescriptor family, String runtime, String name, String outcome, long value) {
    Labels labels = Labels.of(
        MetricNames.RUNTIME, runtime, MetricNames.NAME, name, MetricNames.OUTCOME, outcome);
    return new Sample(family, labels, value);
  }
}
