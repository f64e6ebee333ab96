package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AllocatedBytes;
import io.aragora.resilience.jmh.benchmark.Suite;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** The figures of one run. */
final class Figures {
  static final String NOT_MEASURED = "not measured";
  static final String VIRTUAL_THREADS = "virtualThreads";

  private final Map<Key, Measured> measured = new HashMap<>();
  private final boolean virtualThreads;

  /**
   * Finds a figure by class and method. The package is not part of the key, because stored results may be older than the
   * package.
   */
  private record Key(String benchmark, int threads, Map<String, String> params) {}

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
          params.getParamsKeys().stream()
              .collect(Collectors.toMap(Function.identity(), params::getParam)),
          Measured.of(
              result.getBenchmarkResults().stream()
                  .map(fork -> fork.getIterationResults().stream()
                      .map(iteration -> iteration.getPrimaryResult().getScore())
                      .toList())
                  .toList(),
              time.getScore(),
              time.getScoreError(),
              AllocatedBytes.of(result)));
    }
  }

  void add(Figure figure, Measured value) {
    measured.put(key(figure), value);
  }

  void add(String benchmark, int threads, Map<String, String> params, Measured value) {
    measured.put(new Key(Suite.shortName(benchmark), threads, Map.copyOf(params)), value);
  }

  Optional<Measured> of(Figure figure) {
    return Optional.ofNullable(measured.get(key(figure)));
  }

  /** Whether everything was measured in so many forks that verdicts are possible. */
  boolean hasEnoughForks() {
    return measured.values().stream().allMatch(Measured::hasEnoughForks);
  }

  /** The reason why a figure is missing. */
  String whyMissing(Figure figure) {
    return figure.params().containsKey(VIRTUAL_THREADS) && !virtualThreads
        ? "needs JDK 21"
        : NOT_MEASURED;
  }

  private static Key key(Figure figure) {
    return new Key(
        figure.benchmarks().getSimpleName() + "." + figure.method(),
        figure.threads(),
        figure.params());
  }
}
