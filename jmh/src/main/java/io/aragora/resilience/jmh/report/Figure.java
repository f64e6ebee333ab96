package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AllocationFree;
import io.aragora.resilience.jmh.benchmark.Suite;
import java.util.Map;
import java.util.TreeMap;

/**
 * The name of one measured figure.
 *
 * @param benchmarks the class
 * @param method the benchmark method of that class
 * @param threads how many threads of JMH call at the same time
 * @param params the values of the class's parameters, by their names
 */
record Figure(Class<?> benchmarks, String method, int threads, Map<String, String> params) {
  Figure {
    params = Map.copyOf(params);
    if (Suite.methods(benchmarks).noneMatch(known -> known.getName().equals(method))) {
      throw new IllegalArgumentException(
          "method must be a benchmark of " + benchmarks.getSimpleName() + ": " + method);
    }
  }

  /** A figure of one thread. */
  static Figure of(Class<?> benchmarks, String method) {
    return new Figure(benchmarks, method, 1, Map.of());
  }

  /** This figure for a number of threads. */
  Figure threads(int count) {
    return new Figure(benchmarks, method, count, params);
  }

  /** This figure for a number of virtual threads. */
  Figure virtualThreads(int count) {
    return with(Figures.VIRTUAL_THREADS, count);
  }

  /** The same with a value of a parameter of the class. */
  Figure with(String param, int value) {
    Map<String, String> more = new TreeMap<>(params);
    more.put(param, String.valueOf(value));
    return new Figure(benchmarks, method, threads, more);
  }

  /** Another figure, of the same class, threads and parameters. */
  Figure sibling(String other) {
    return new Figure(benchmarks, other, threads, params);
  }

  boolean mustNotAllocate() {
    return Suite.methods(benchmarks)
        .filter(known -> known.getName().equals(method))
        .anyMatch(known -> known.isAnnotationPresent(AllocationFree.class));
  }
}
