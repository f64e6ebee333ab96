package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AllocatedBytes;
import io.aragora.resilience.jmh.benchmark.Suite;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** The figures of one run. */
final class Figures {
  static final String VIRTUAL_THREADS = "virtualThreads";

  private final Map<Key, Measured> measured = new HashMap<>();
  private final boolean virtualThreads;

  /**
   * Finds a figure by class and method. The package is not part of the key, because stored results may be older than the
   * package.
   */
  private record Key(String benchmark, int threads, int virtualThreads) {}

  /** Creates an empty set of figures, for a JDK with virtual threads or without. */
  Figures(boolean virtualThreads) {
    this.virtualThreads = virtualThreads;
  }

  void add(Collection<RunResult> results) {
    for (RunResult result : results) {
      BenchmarkParams params = result.getParams();
      Result<?> time = result.getPrimaryResult();
      add(
          params.getBenchmark(),
          params.getThreads(),
          params.getParamsKeys().contains(VIRTUAL_THREADS)
              ? Integer.parseInt(params.getParam(VIRTUAL_THREADS))
              : 0,
          new Measured(time.getScore(), time.getScoreError(), AllocatedBytes.of(result)));
    }
  }

  void add(Figure figure, Measured value) {
    measured.put(key(figure), value);
  }

  void add(String benchmark, int threads, int virtualThreads, Measured value) {
    measured.put(new Key(Suite.shortName(benchmark), threads, virtualThreads), value);
  }

  Optional<Measured> of(Figure figure) {
    return Optional.ofNullable(measured.get(key(figure)));
  }

  /** The reason why a figure is missing. */
  String whyMissing(Figure figure) {
    return figure.virtualThreads() > 0 && !virtualThreads ? "needs JDK 21" : "not measured";
  }

  private static Key key(Figure figure) {
    return new Key(
        figure.benchmarks().getSimpleName() + "." + figure.method(),
        figure.threads(),
        figure.virtualThreads());
  }
}
