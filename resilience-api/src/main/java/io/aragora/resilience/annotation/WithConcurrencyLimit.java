package io.aragora.resilience.annotation;

import io.aragora.resilience.concurrencylimit.Priority;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Bounds how many calls of a method are under way at a time by a limit that follows their latencies, inside its retry and outside its
 * timeout: each attempt takes a permit of its own. With a name and a priority alone it uses the concurrency limit of that name, as
 * declared elsewhere; with any other element it declares one.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithConcurrencyLimit {
  /**
   * Returns the name of the concurrency limit. Methods that call the same dependency should use the same name.
   *
   * @return the name; empty for that of the interface, or of the method if the annotation is on a method
   */
  String value() default "";

  /** {@return how important the calls are} */
  Priority priority() default Priority.NORMAL;

  /** {@return the largest limit, in [1, 1,000,000]; 0 for the default, 200} */
  int most() default 0;

  /**
   * Returns the latency above which the limit falls in any case.
   *
   * @return a duration such as {@code 300ms}, positive, at most 106,751 days; empty for the default, none
   */
  String healthyLatency() default "";
}
