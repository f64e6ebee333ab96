package io.aragora.resilience.jmh.benchmark;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Fails, with exit code 1, if a path marked {@link AllocationFree} allocates, or if fewer paths ran than are marked.
 */
public final class AllocationGate {
  /** The number of marked paths. A change that removes a mark must change it. */
  static final int PATHS = 37;

  private AllocationGate() {}

  /**
   * Measures each path for a second, and those that seem to allocate once more after a longer warm-up: the compiler may not have
   * removed an allocation yet.
   *
   * @param args none
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] args) throws RunnerException {
    List<String> paths = paths();
    Map<String, RunResult> results = new TreeMap<>();
    measure(paths, 3, 250).forEach(result -> results.put(name(result), result));
    List<String> again = paths.stream()
        .filter(path -> results.containsKey(path) && !fits(results.get(path)))
        .toList();
    if (!again.isEmpty()) {
      measure(again, 10, 400).forEach(result -> results.put(name(result), result));
    }
    int failures = 0;
    for (RunResult result : results.values()) {
      failures += fits(result) ? 0 : 1;
      System.out.printf(
          "%-50s %8.1f ns/op %8.3f B/op  %s%n",
          Suite.shortName(name(result)),
          result.getPrimaryResult().getScore(),
          AllocatedBytes.of(result),
          fits(result) ? "ok" : "ALLOCATES");
    }
    System.out.printf(
        "allocation gate: %d measured, %d of them twice, %d failed%n",
        results.size(), again.size(), failures);
    if (results.size() < PATHS) {
      System.out.printf("allocation gate: %d must be measured%n", PATHS);
      failures++;
    }
    System.exit(failures == 0 ? 0 : 1);
  }

  private static Collection<RunResult> measure(List<String> paths, int warmUps, int millis)
      throws RunnerException {
    OptionsBuilder options = new OptionsBuilder();
    paths.forEach(path -> options.include("^" + path.replace(".", "\\.") + "$"));
    return new Runner(options
            .addProfiler(GCProfiler.class)
            // bytes do not depend on these, and the rest would take minutes
            .param("every", "2")
            .param("windowSeconds", "60")
            .forks(1)
            .warmupIterations(warmUps)
            .warmupTime(TimeValue.milliseconds(millis))
            .measurementIterations(2)
            .measurementTime(TimeValue.milliseconds(200))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build())
        .run();
  }

  private static String name(RunResult result) {
    return result.getParams().getBenchmark();
  }

  private static boolean fits(RunResult result) {
    return AllocatedBytes.of(result) < AllocationFree.LIMIT;
  }

  /** The full names of the benchmarks that are marked. */
  static List<String> paths() {
    List<String> paths = new ArrayList<>();
    for (Class<?> benchmarks : Suite.CLASSES) {
      Suite.methods(benchmarks)
          .filter(method -> method.isAnnotationPresent(AllocationFree.class))
          .forEach(method -> paths.add(benchmarks.getName() + "." + method.getName()));
    }
    return paths;
  }
}
