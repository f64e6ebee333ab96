package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AllocationFree;
import io.aragora.resilience.jmh.benchmark.Suite;

/**
 * The name of one measured figure.
 *
 * @param benchmarks the class
 * @param method the benchmark method of that class
 * @param threads how many threads of JMH call at the same time
 * @param virtualThreads how many virtual threads do; 0 for platform threads
 */
record Figure(Class<?> benchmarks, String method, int threads, int virtualThreads) {
  Figure {
    if (Suite.methods(benchmarks).noneMatch(known -> known.getName().equals(method))) {
      throw new IllegalArgumentException(
          "method must be a benchmark of " + benchmarks.getSimpleName() + ": " + method);
    }
  }

  /** A figure of one thread. */
  static Figure of(Class<?> benchmarks, String method) {
    return new Figure(benchmarks, method, 1, 0);
  }

  /** This figure for a number of threads. */
  Figure threads(int count) {
    return new Figure(benchmarks, method, count, virtualThreads);
  }

  /** This figure for a number of virtual threads. */
  Figure virtualThreads(int count) {
    return new Figure(benchmarks, method, threads, count);
  }

  /** Another figure of the same class and the same number of threads. */
  Figure sibling(String other) {
    return new Figure(benchmarks, other, threads, virtualThreads);
  }

  boolean mustNotAllocate() {
    return Suite.methods(benchmarks)
        .filter(known -> known.getName().equals(method))
        .anyMatch(known -> known.isAnnotationPresent(AllocationFree.class));
  }
}
