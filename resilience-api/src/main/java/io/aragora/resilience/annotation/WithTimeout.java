package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Bounds the time of a method, or of each attempt if it has a retry. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithTimeout {
  /** {@return the limit, a duration such as {@code 500ms}, {@code 30s} or {@code PT30S}; positive and at most 106,751 days} */
  String value();

  /**
   * {@return the name of the timeout; empty for that of the interface, or of the method if the annotation is on a
   * method}
   */
  String name() default "";
}
