package io.aragora.resilience.jmh;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** The figures of one run. */
final class Figures {
  /** What JMH calls the bytes of a call. */
  static final String BYTES = "gc.alloc.rate.norm";

  static final String VIRTUAL_THREADS = "virtualThreads";

  private final Map<Key, Measured> measured = new HashMap<>();
  private final boolean virtualThreads;

  /** How a figure is found again, by the names that JMH gives. */
  private record Key(String benchmark, int threads, int virtualThreads) {}

  /** No figures yet, of a JDK that has virtual threads or not. */
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
          new Measured(time.getScore(), time.getScoreError(), bytes(result)));
    }
  }

  void add(Figure figure, Measured value) {
    measured.put(key(figure), value);
  }

  void add(String benchmark, int threads, int virtualThreads, Measured value) {
    measured.put(new Key(benchmark, threads, virtualThreads), value);
  }

  Optional<Measured> of(Figure figure) {
    return Optional.ofNullable(measured.get(key(figure)));
  }

  /** Why there is no such figure. */
  String whyMissing(Figure figure) {
    return figure.virtualThreads() > 0 && !virtualThreads ? "needs JDK 21" : "not measured";
  }

  private static Key key(Figure figure) {
    return new Key(
        figure.benchmarks().getName() + "." + figure.method(),
        figure.threads(),
        figure.virtualThreads());
  }

  /** Bytes for each call; not a number where they were not measured. */
  static double bytes(RunResult result) {
    Result<?> allocated = result.getSecondaryResults().get(BYTES);
    return allocated == null ? Double.NaN : allocated.getScore();
  }
}
