package io.aragora.resilience.health.page;

import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;

/** Computes rates of a breaker from successive totals. Not thread-safe. */
final class RateMeter {
  /** Below this interval the last rate is kept. */
  static final long LEAST_NANOS = 500_000_000L;

  private long sinceNanos;
  private CircuitBreakerTotals since;
  private double calls = Double.NaN; // a second; not known before the second reading
  private double failures = Double.NaN;
  private double rejections = Double.NaN;

  RateMeter(CircuitBreakerTotals totals, long nowNanos) {
    this.since = totals;
    this.sinceNanos = nowNanos;
  }

  void read(CircuitBreakerTotals totals, long nowNanos) {
    long nanos = nowNanos - sinceNanos;
    if (nanos >= LEAST_NANOS) {
      double seconds = nanos / 1e9;
      calls = rate(admitted(since), admitted(totals), seconds);
      failures = rate(since.failures(), totals.failures(), seconds);
      rejections = rate(since.rejected(), totals.rejected(), seconds);
      since = totals;
      sinceNanos = nowNanos;
    }
  }

  double calls() {
    return calls;
  }

  double failures() {
    return failures;
  }

  double rejections() {
    return rejections;
  }

  private static long admitted(CircuitBreakerTotals totals) {
    return totals.successes() + totals.failures() + totals.ignored();
  }

  /** Not below 0: a concurrent sum may be slightly lower than the last, and a breaker that is created again begins at 0. */
  private static double rate(long before, long after, double seconds) {
    return Math.max(0, after - before) / seconds;
  }
}
