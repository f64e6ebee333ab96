package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Bounds how many calls of a method are under way at a time, inside its retry and outside its timeout: each attempt takes a
 * permit of its own. With a name alone it uses the bulkhead of that name, as declared elsewhere; with any other element it
 * declares one.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithBulkhead {
  /**
   * Returns the name of the bulkhead. Methods that call the same dependency should use the same name.
   *
   * @return the name; empty for that of the interface, or of the method if the annotation is on a method
   */
  String value() default "";

  /** {@return how many calls may be under way at a time, in [1, 1,000,000]; 0 for the default, 25} */
  int maxConcurrentCalls() default 0;

  /** {@return how long a call may wait, a duration such as {@code 200ms}, at most 106,751 days; empty for the default, not at all} */
  String maxWait() default "";
}
