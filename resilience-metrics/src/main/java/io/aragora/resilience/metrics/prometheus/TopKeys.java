package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * The keys of one keyed breaker that get a series: those that are not closed, then those with the most failures in their
 * window, then those with the most calls; among equals, keys that already have a series. Not thread-safe.
 */
final class TopKeys {
  /*
   * The top keys change, and the rest must not jump when they do. So the rest is not a sum over keys: it is the total of all
   * keys, which never decreases, minus the growth of shown keys while they were shown. Nothing is stored for a key that is not
   * shown.
   */
  private record Candidate(
      String key, int code, long failures, long calls, boolean shown, CircuitBreakerTotals totals) {
    int trouble() {
      return code == 0 ? 0 : 1;
    }

    boolean isShownAndUsed() {
      return shown && calls > 0;
    }
  }

  private static final Comparator<Candidate> BY_RANK = Comparator.comparingInt(Candidate::trouble)
      .thenComparingLong(Candidate::failures)
      .thenComparing(Candidate::isShownAndUsed)
      .thenComparingLong(Candidate::calls)
      .thenComparing(Candidate::key, Comparator.reverseOrder());

  private static final int OUTCOMES = BreakerSeries.OUTCOMES.length;

  private final int limit;
  private final PriorityQueue<Candidate> best = new PriorityQueue<>(BY_RANK);
  private Map<String, long[]> shown = new HashMap<>();
  private Map<String, Integer> states = new HashMap<>();
  private final long[] grown = new long[OUTCOMES];
  private long[] rest = new long[OUTCOMES];
  private boolean first = true;
  private int open;

  TopKeys(int limit) {
    this.limit = limit;
  }

  void begin() {
    best.clear();
    open = 0;
  }

  void offer(String key, CircuitBreakerSnapshot snapshot) {
    int code = snapshot.state().code();
    open += code == 0 ? 0 : 1;
    String label = SampleList.label(key);
    Candidate candidate = new Candidate(
        label,
        code,
        snapshot.windowFailures(),
        snapshot.windowCalls(),
        shown.containsKey(label),
        snapshot.totals());
    if (best.size() < limit) {
      best.add(candidate);
    } else if (limit > 0 && BY_RANK.compare(best.element(), candidate) < 0) {
      best.remove();
      best.add(candidate);
    }
  }

  /** Chooses among the offered keys. */
  void end(CircuitBreakerTotals totals) {
    Map<String, long[]> next = new LinkedHashMap<>();
    Map<String, Integer> nextStates = new LinkedHashMap<>();
    List<Candidate> chosen = new ArrayList<>(best);
    chosen.sort(BY_RANK.reversed());
    for (Candidate candidate : chosen) {
      next.merge(candidate.key, BreakerSeries.counts(candidate.totals, OUTCOMES), NamedCounts::sum);
      nextStates.merge(candidate.key, candidate.code, Math::max);
    }
    long[] all = BreakerSeries.counts(totals, OUTCOMES);
    next.replaceAll((key, counts) -> {
      long[] before = shown.get(key);
      long[] now = before == null ? counts : NamedCounts.max(before, counts);
      for (int i = 0; i < OUTCOMES; i++) {
        // The rest already contains the counts that a key had before it was shown, unless no key
        // was shown.
        grown[i] += before != null ? now[i] - before[i] : first ? now[i] : 0;
      }
      return now;
    });
    long[] left = new long[OUTCOMES];
    for (int i = 0; i < OUTCOMES; i++) {
      left[i] = Math.max(0, all[i] - grown[i]);
    }
    rest = NamedCounts.max(rest, left);
    shown = next;
    states = nextStates;
    first = false;
  }

  /** The number of offered keys that were not closed. */
  int open() {
    return open;
  }

  Map<String, Integer> states() {
    return states;
  }

  /** By key, with the rest as {@link MetricNames#OTHER}. */
  Map<String, long[]> counts() {
    Map<String, long[]> counts = new LinkedHashMap<>(shown);
    counts.merge(MetricNames.OTHER, rest, NamedCounts::sum);
    return counts;
  }
}
