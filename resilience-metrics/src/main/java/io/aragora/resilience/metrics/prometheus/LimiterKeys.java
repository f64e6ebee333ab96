package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterTotals;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The calls of one keyed rate limiter: the rejections of the keys that have most of them, and all other calls together. Counts never
 * decrease. Not thread-safe.
 */
final class LimiterKeys {
  private static final String REJECTED = "rejected";

  private final int limit;
  private Map<String, Long> shown = new LinkedHashMap<>();
  private long grown;
  private long admitted;
  private long admittedAfterWait;
  private long cancelled;
  private long rejectedOfOthers;
  private boolean first = true;

  LimiterKeys(int maxKeys) {
    this.limit = maxKeys;
  }

  void read(KeyedRateLimiter limiter, String name, SampleList samples) {
    // The totals first, so that a concurrent rejection is counted under its key alone.
    RateLimiterTotals totals = limiter.totals();
    Map<String, Long> next = new LinkedHashMap<>();
    if (limit > 0) {
      limiter
          .mostRejected(limit)
          .forEach((key, count) -> next.merge(SampleList.label(key), count, Long::sum));
    }
    next.replaceAll((key, count) -> {
      Long before = shown.get(key);
      long now = before == null ? count : Math.max(before, count);
      // The others already contain what a key had before it was shown, unless no key was shown.
      grown += before != null ? now - before : first ? now : 0;
      return now;
    });
    shown = next;
    first = false;
    rejectedOfOthers = Math.max(rejectedOfOthers, totals.rejected() - grown);
    admitted = Math.max(admitted, totals.admitted());
    admittedAfterWait = Math.max(admittedAfterWait, totals.admittedAfterWait());
    cancelled = Math.max(cancelled, totals.cancelled());
    shown.forEach((key, count) -> {
      if (!key.equals(MetricNames.OTHER)) {
        add(name, key, REJECTED, count, samples);
      }
    });
    long ofOther = shown.getOrDefault(MetricNames.OTHER, 0L);
    add(name, MetricNames.OTHER, REJECTED, rejectedOfOthers + ofOther, samples);
    add(name, MetricNames.OTHER, "admitted", admitted, samples);
    add(name, MetricNames.OTHER, "admitted_after_wait", admittedAfterWait, samples);
    add(name, MetricNames.OTHER, "cancelled", cancelled, samples);
  }

  private static void add(String name, String key, String outcome, long count, SampleList samples) {
    samples.add(
        Families.LIMITER_KEY_CALLS,
        name,
        MetricNames.KEY,
        key,
        MetricNames.OUTCOME,
        outcome,
        count);
  }
}
