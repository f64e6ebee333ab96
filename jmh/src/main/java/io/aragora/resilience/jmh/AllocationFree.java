package io.aragora.resilience.jmh;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Marks a benchmark of a path that must not allocate: {@link AllocationGate} and {@link Ratios} hold it to that. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface AllocationFree {
  /** Bytes for each call from which on a path allocates; less than that is the profiler's own. */
  double LIMIT = 0.5;
}
