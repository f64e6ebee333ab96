package io.aragora.resilience.jmh.report;

import java.util.List;

/**
 * A measurement.
 *
 * @param nanos for a call: the median of the forks' medians, or the mean of all iterations if the forks are too few
 * @param error half the range of the forks, in nanoseconds; if they are too few, half the confidence interval of the mean at
 *     99.9 %, not
 *     a number if there was one iteration only
 * @param bytes allocated for a call
 * @param forks how many forks there were
 */
record Measured(double nanos, double error, double bytes, int forks) {
  /**
   * What JMH measured.
   *
   * @param iterations of each fork, in nanoseconds
   * @param mean of them all
   * @param meanError half its confidence interval
   * @param bytes for a call
   */
  static Measured of(List<List<Double>> iterations, double mean, double meanError, double bytes) {
    if (iterations.size() < Forks.LEAST) {
      return new Measured(mean, meanError, bytes, iterations.size());
    }
    Forks forks = Forks.of(iterations);
    return new Measured(
        forks.median(),
        (forks.most() - forks.least()) / 2,
        bytes,
        forks.medians().size());
  }

  boolean hasEnoughForks() {
    return forks >= Forks.LEAST;
  }

  /** Whether forks differ by so much that there is no verdict. */
  boolean forksDiffer() {
    return hasEnoughForks() && 2 * error > Forks.TOLERANCE * nanos;
  }
}
