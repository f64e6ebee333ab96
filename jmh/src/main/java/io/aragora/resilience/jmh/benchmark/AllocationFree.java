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
  /** The bytes per call from which on a path counts as allocating; less comes from the profiler. */
  double LIMIT = 0.5;
}
