package io.aragora.resilience.jmh;

import java.util.Collection;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Fails, with exit code 1, when a hot path of ours allocates, or when there is nothing to measure. */
public final class AllocationGate {
  private static final String HOT_PATHS = "HotPathBenchmark\\.ours.*(?<!Allocates)$";

  /** Less than a byte for each call is the profiler's own. */
  private static final double LIMIT = 0.5;

  private AllocationGate() {}

  /**
   * Measures for a few seconds.
   *
   * @param args none
   * @throws RunnerException if a benchmark fails
   */
  public static void main(String[] args) throws RunnerException {
    Collection<RunResult> results = new Runner(new OptionsBuilder()
            .include(HOT_PATHS)
            .addProfiler(GCProfiler.class)
            .forks(1)
            .warmupIterations(5)
            .warmupTime(TimeValue.milliseconds(400))
            .measurementIterations(3)
            .measurementTime(TimeValue.milliseconds(300))
            .shouldFailOnError(true)
            .build())
        .run();
    int failures = results.isEmpty() ? 1 : 0;
    for (RunResult result : results) {
      Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
      double bytes = allocated == null ? Double.NaN : allocated.getScore();
      boolean fits = bytes < LIMIT;
      failures += fits ? 0 : 1;
      System.out.printf(
          "%-70s %8.1f ns/op %8.3f B/op  %s%n",
          result.getParams().getBenchmark(),
          result.getPrimaryResult().getScore(),
          bytes,
          fits ? "ok" : "ALLOCATES");
    }
    System.out.println("allocation gate: " + results.size() + " measured, " + failures + " failed");
    System.exit(failures == 0 ? 0 : 1);
  }
}
