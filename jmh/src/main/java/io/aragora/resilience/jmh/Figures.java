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
  private static final String VIRTUAL_THREADS = "virtualThreads";

  private final Map<Key, Measured> measured = new HashMap<>();

  /** How a figure is found again, by the names that JMH gives. */
  private record Key(String benchmark, int threads, int virtualThreads) {}

  void add(Collection<RunResult> results) {
    for (RunResult result : results) {
      BenchmarkParams params = result.getParams();
      int virtualThreads = params.getParamsKeys().contains(VIRTUAL_THREADS)
          ? Integer.parseInt(params.getParam(VIRTUAL_THREADS))
          : 0;
      Result<?> time = result.getPrimaryResult();
      put(
          new Key(params.getBenchmark(), params.getThreads(), virtualThreads),
          new Measured(time.getScore(), time.getScoreError(), bytes(result)));
    }
  }

  void add(Figure figure, Measured value) {
    put(key(figure), value);
  }

  private void put(Key key, Measured value) {
    measured.put(key, value);
  }

  Optional<Measured> of(Figure figure) {
    return Optional.ofNullable(measured.get(key(figure)));
  }

  private static Key key(Figure figure) {
    return new Key(
        figure.benchmarks().getName() + "." + figure.method(),
        figure.threads(),
        figure.virtualThreads());
  }

  /** Bytes for each call; not a number where they were not measured. */
  static double bytes(RunResult result) {
    Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
    return allocated == null ? Double.NaN : allocated.getScore();
  }
}
