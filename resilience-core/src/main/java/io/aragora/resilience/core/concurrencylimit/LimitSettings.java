package io.aragora.resilience.core.concurrencylimit;

/**
 * The settings that the rule reads.
 *
 * @param healthyLatencyNanos the latency above which calls are not healthy, or 0 if there is none
 */
record LimitSettings(int initial, int least, int most, double tolerance, long healthyLatencyNanos) {
  double healthyNanos() {
    return healthyLatencyNanos == 0 ? Double.POSITIVE_INFINITY : healthyLatencyNanos;
  }

  double clamp(double limit) {
    return Math.min(most, Math.max(least, limit));
  }
}
