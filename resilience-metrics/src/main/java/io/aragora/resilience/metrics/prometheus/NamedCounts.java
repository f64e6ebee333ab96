package io.aragora.resilience.metrics.prometheus;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Counts by name as they are shown: they never decrease; a bounded number of names have their own series, and the rest
 * are summed up as {@link MetricNames#OTHER}. A name keeps its series as long as it exists, and is dropped by the first
 * read without it. Not thread-safe.
 */
final class NamedCounts {
  private final int limit;
  private final Set<String> named = new HashSet<>();
  private Map<String, long[]> shown = Map.of();

  NamedCounts(int limit) {
    this.limit = limit;
  }

  /** Adds a reading, and returns the counts to show. */
  Map<String, long[]> advance(Map<String, long[]> read) {
    named.retainAll(read.keySet());
    Map<String, long[]> next = new LinkedHashMap<>();
    read.forEach((name, counts) -> {
      boolean own = named.contains(name) || (named.size() < limit && named.add(name));
      next.merge(own ? name : MetricNames.OTHER, counts, NamedCounts::sum);
    });
    next.replaceAll((name, counts) -> {
      long[] before = shown.get(name);
      return before == null ? counts : max(before, counts);
    });
    shown = next;
    return next;
  }

  /** Returns whether a name has its own series. */
  boolean isNamed(String name) {
    return named.contains(name);
  }

  static long[] sum(long[] some, long[] others) {
    long[] sums = new long[some.length];
    Arrays.setAll(sums, i -> some[i] + others[i]);
    return sums;
  }

  static long[] max(long[] before, long[] now) {
    long[] larger = new long[now.length];
    Arrays.setAll(larger, i -> Math.max(before[i], now[i]));
    return larger;
  }
}
