package io.aragora.resilience.metrics.prometheus;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Counts by name as they are shown: they never go back, and at most so many names are shown on their own, the sum of the
 * rest being shown as {@link MetricNames#OTHER}. A name keeps its place as long as it lives, and is forgotten with the
 * read that misses it. Not thread-safe.
 */
final class NamedCounts {
  private final int limit;
  private final Set<String> named = new HashSet<>();
  private Map<String, long[]> shown = Map.of();

  NamedCounts(int limit) {
    this.limit = limit;
  }

  /** Takes in what was read, and gives what is to be shown. */
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

  /** Tells whether a name is shown on its own. */
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
