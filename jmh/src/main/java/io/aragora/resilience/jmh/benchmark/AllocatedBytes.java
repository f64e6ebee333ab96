package io.aragora.resilience.jmh.benchmark;

import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** The allocation that JMH's profiler measured. */
public final class AllocatedBytes {
  /** The name by which JMH reports the bytes per call. */
  public static final String NAME = "gc.alloc.rate.norm";

  private AllocatedBytes() {}

  /** Returns the bytes of a call, or NaN if they were not measured. */
  public static double of(RunResult result) {
    Result<?> allocated = result.getSecondaryResults().get(NAME);
    return allocated == null ? Double.NaN : allocated.getScore();
  }
}
