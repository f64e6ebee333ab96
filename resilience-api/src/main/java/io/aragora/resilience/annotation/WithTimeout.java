package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Limits the time of a method, or of each attempt where it has a retry. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithTimeout {
  /**
   * Gives the limit.
   *
   * @return a duration such as {@code 500ms}, {@code 30s} or {@code PT30S}; positive and at most 365 days
   */
  String value();

  /**
   * Names the timeout.
   *
   * @return the name; empty for that of the interface, and of the method where this stands on a method
   */
  String name() default "";
}
