package io.aragora.resilience.micrometer;

import java.util.List;

/**
 * The settings of an extension.
 *
 * @param maxNames the maximum number of policies of each kind that have meters
 * @param maxAgeNanos the maximum age of a reading that a meter shows
 * @param timers whether durations are recorded
 * @param percentiles the percentiles that timers publish, 0 to 1
 * @param histograms whether timers publish the buckets of a histogram
 */
record MeterSettings(
    int maxNames, long maxAgeNanos, boolean timers, List<Double> percentiles, boolean histograms) {
  static final MeterSettings DEFAULT =
      new MeterSettings(1000, 1_000_000_000L, false, List.of(), false);
}
