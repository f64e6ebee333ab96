package io.aragora.resilience.jmh.benchmark;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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
  static final int PATHS = 36;

  private AllocationGate() {}

  /**
   * Measures for a few seconds.
   *
   * @param args none
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] args) throws RunnerException {
    List<String> paths = paths();
    OptionsBuilder options = new OptionsBuilder();
    paths.forEach(path -> options.include("^" + path.replace(".", "\\.") + "$"));
    Collection<RunResult> results = new Runner(options
            .addProfiler(GCProfiler.class)
            // bytes do not depend on these, and the rest would take minutes
            .param("every", "2")
            .param("windowSeconds", "60")
            .forks(1)
            .warmupIterations(5)
            .warmupTime(TimeValue.milliseconds(400))
            .measurementIterations(3)
            .measurementTime(TimeValue.milliseconds(300))
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build())
        .run();
    int failures = 0;
    for (RunResult result : results) {
      double bytes = AllocatedBytes.of(result);
      boolean fits = bytes < AllocationFree.LIMIT;
      failures += fits ? 0 : 1;
      System.out.printf(
          "%-50s %8.1f ns/op %8.3f B/op  %s%n",
          Suite.shortName(result.getParams().getBenchmark()),
          result.getPrimaryResult().getScore(),
          bytes,
          fits ? "ok" : "ALLOCATES");
    }
    System.out.printf("allocation gate: %d measured, %d failed%n", results.size(), failures);
    if (results.size() < PATHS) {
      System.out.printf("allocation gate: %d must be measured%n", PATHS);
      failures++;
    }
    System.exit(failures == 0 ? 0 : 1);
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
