package io.aragora.resilience.metrics.prometheus;

import java.util.List;

/**
 * The settings of the metrics.
 *
 * @param maxNames the maximum number of policies of each kind with their own series
 * @param maxKeys the maximum number of keys of one keyed breaker with their own series
 * @param durations whether calls are timed
 * @param bounds upper bounds of the classic buckets of call durations, in seconds, ascending
 */
record MetricsSettings(int maxNames, int maxKeys, boolean durations, List<Double> bounds) {
  /** From a cached answer to a call that every client has given up. */
  private static final List<Double> BOUNDS =
      List.of(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0);

  static final MetricsSettings DEFAULT = new MetricsSettings(1000, 20, false, BOUNDS);

  MetricsSettings withDurations(boolean wanted) {
    return new MetricsSettings(maxNames, maxKeys, durations || wanted, bounds);
  }
}
