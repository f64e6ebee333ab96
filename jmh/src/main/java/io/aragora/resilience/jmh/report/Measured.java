package io.aragora.resilience.jmh.report;

/**
 * A measurement.
 *
 * @param nanos for a call, the mean
 * @param error half the confidence interval at 99.9 %, in nanoseconds; not a number if there was one iteration only
 * @param bytes allocated for a call
 */
record Measured(double nanos, double error, double bytes) {}
