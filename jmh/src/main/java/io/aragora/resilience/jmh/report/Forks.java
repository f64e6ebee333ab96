package io.aragora.resilience.jmh.report;

import java.util.List;

/**
 * A benchmark's figure in each fork: what the compiler made of the code differs from one virtual machine to the next, so one
 * fork says little.
 *
 * @param medians the median of each fork's iterations, in nanoseconds
 */
record Forks(List<Double> medians) {
  /** The forks without which there is no verdict. */
  static final int LEAST = 3;

  /** The part of the median by which forks may differ. */
  static final double TOLERANCE = 0.2;

  Forks {
    medians = List.copyOf(medians);
    if (medians.isEmpty()) {
      throw new IllegalArgumentException("medians must have one of a fork: []");
    }
  }

  /** The forks of all their iterations. */
  static Forks of(List<List<Double>> iterations) {
    return new Forks(iterations.stream().map(Forks::median).toList());
  }

  /** The median of the forks' medians. */
  double median() {
    return median(medians);
  }

  double least() {
    return medians.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  double most() {
    return medians.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  /** How far the forks are apart, as a part of the median. */
  double spread() {
    return (most() - least()) / median();
  }

  boolean areEnough() {
    return medians.size() >= LEAST;
  }

  boolean agree() {
    return spread() <= TOLERANCE;
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }
}
