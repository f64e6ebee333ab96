package io.aragora.resilience.jmh.benchmark;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a benchmark of a path that must not allocate: {@link AllocationGate} and the claims of the report check it. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface AllocationFree {
  /** The bytes per call at or above which a path counts as allocating; the profiler itself causes less. */
  double LIMIT = 0.5;
}
