package io.aragora.resilience.health.page;

import io.aragora.resilience.internal.LatencyCounts;

/** Computes the latencies of a breaker's latest calls from successive counts. Not thread-safe. */
final class LatencyMeter {
  private static final double NANOS_PER_MILLI = 1e6;

  private final LatencyCounts counts;
  private long[] since;
  private long sinceNanos;
  private double median = Double.NaN; // in ms; unknown if no call has ended
  private double most = Double.NaN;

  LatencyMeter(LatencyCounts counts, long nowNanos) {
    this.counts = counts;
    this.since = counts.sum();
    this.sinceNanos = nowNanos;
  }

  LatencyCounts counts() {
    return counts;
  }

  void read(long nowNanos) {
    if (nowNanos - sinceNanos < RateMeter.LEAST_NANOS) {
      return;
    }
    long[] now = counts.sum();
    long[] ended = LatencyCounts.between(since, now);
    long calls = LatencyCounts.total(ended);
    median = within(ended, (calls + 1) / 2);
    most = within(ended, calls - calls / 20);
    since = now;
    sinceNanos = nowNanos;
  }

  /** Returns the median, in milliseconds. */
  double median() {
    return median;
  }

  /** Returns the 95th percentile, in milliseconds. */
  double most() {
    return most;
  }

  /** Returns the duration of the call with this rank; the quickest has the first. */
  private static double within(long[] ended, long place) {
    if (place == 0) {
      return Double.NaN;
    }
    int bucket = 0;
    for (long left = place - ended[0]; left > 0; left -= ended[bucket]) {
      bucket++;
    }
    return LatencyCounts.middle(bucket) / NANOS_PER_MILLI;
  }
}
