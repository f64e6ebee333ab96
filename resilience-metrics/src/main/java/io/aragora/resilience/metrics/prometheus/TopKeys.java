package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.internal.ReadableBreaker.Place;
import java.util.ArrayList;
import java.util.Arrays;
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
  private static final class Candidate {
    private final String key;
    private final int code;
    private final long failures;
    private final long calls;
    private final boolean shownAndUsed;
    private final long[] counts;

    Candidate(String key, boolean shown, long[] numbers) {
      this.key = key;
      this.code = (int) numbers[Place.STATE];
      this.failures = numbers[Place.WINDOW_FAILURES];
      this.calls = numbers[Place.WINDOW_CALLS];
      this.shownAndUsed = shown && calls > 0;
      this.counts = Arrays.copyOf(numbers, OUTCOMES);
    }

    int compareTo(Candidate other) {
      return -other.compare(code, failures, shownAndUsed, calls, key);
    }

    /** Compares this one with a key that has no candidate yet, as there are very many. */
    int compare(
        int otherCode, long otherFailures, boolean otherUsed, long otherCalls, String otherKey) {
      int order = Boolean.compare(code != 0, otherCode != 0);
      order = order != 0 ? order : Long.compare(failures, otherFailures);
      order = order != 0 ? order : Boolean.compare(shownAndUsed, otherUsed);
      order = order != 0 ? order : Long.compare(calls, otherCalls);
      return order != 0 ? order : otherKey.compareTo(key);
    }
  }

  private static final Comparator<Candidate> BY_RANK = Candidate::compareTo;

  private static final int OUTCOMES = BreakerSeries.OUTCOMES.length;

  private final int limit;
  private final PriorityQueue<Candidate> best = new PriorityQueue<>(BY_RANK);
  private Map<String, long[]> shown = new HashMap<>();
  private Map<String, Integer> states = new HashMap<>();
  private final long[] grown = new long[OUTCOMES];
  private long[] rest = new long[OUTCOMES];
  private boolean first = true;
  private final long[] numbers = new long[Place.ALL_NUMBERS];
  private int open;

  TopKeys(int limit) {
    this.limit = limit;
  }

  void begin() {
    best.clear();
    open = 0;
  }

  void offer(String key, CircuitBreaker breaker) {
    BreakerSeries.read(breaker, numbers);
    BreakerSeries.readWindow(breaker, numbers);
    int code = (int) numbers[Place.STATE];
    open += code == 0 ? 0 : 1;
    String label = SampleList.label(key);
    boolean isShown = shown.containsKey(label);
    if (best.size() == limit) {
      Candidate worst = best.peek();
      if (worst == null
          || worst.compare(
                  code,
                  numbers[Place.WINDOW_FAILURES],
                  isShown && numbers[Place.WINDOW_CALLS] > 0,
                  numbers[Place.WINDOW_CALLS],
                  label)
              >= 0) {
        return;
      }
      best.remove();
    }
    best.add(new Candidate(label, isShown, numbers));
  }

  /** Chooses among the offered keys. */
  void end(CircuitBreakerTotals totals) {
    Map<String, long[]> next = new LinkedHashMap<>();
    Map<String, Integer> nextStates = new LinkedHashMap<>();
    List<Candidate> chosen = new ArrayList<>(best);
    chosen.sort(BY_RANK.reversed());
    for (Candidate candidate : chosen) {
      next.merge(candidate.key, candidate.counts, NamedCounts::sum);
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
