package io.aragora.resilience.health.page;

/** Turns the counts of one breaker, read again and again, into how long its latest calls took. Not thread-safe. */
final class LatencyMeter {
  private static final double NANOS_PER_MILLI = 1e6;

  private final LatencyCounts counts;
  private long[] since;
  private long sinceNanos;
  private double median = Double.NaN; // in ms; not known where no call has ended
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
    long[] ended = new long[now.length];
    long calls = 0;
    for (int i = 0; i < now.length; i++) {
      ended[i] = now[i] - since[i];
      calls += ended[i];
    }
    median = within(ended, (calls + 1) / 2);
    most = within(ended, calls - calls / 20);
    since = now;
    sinceNanos = nowNanos;
  }

  /** Within how many milliseconds half of the calls ended. */
  double median() {
    return median;
  }

  /** Within how many milliseconds 95 % of the calls ended. */
  double most() {
    return most;
  }

  /** How long the call took that is at this place among those that ended, the quickest of which is the first. */
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
