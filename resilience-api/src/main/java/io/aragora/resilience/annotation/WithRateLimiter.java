package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Bounds how many calls of a method begin in a period, inside its retry and outside its bulkhead and timeout: each attempt
 * takes a permit. With a name alone it uses the rate limiter of that name, as declared elsewhere or by settings outside the
 * code; with any other element it declares one, and needs {@link #limit} and {@link #period}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithRateLimiter {
  /**
   * Returns the name of the rate limiter. Methods that call the same dependency should use the same name.
   *
   * @return the name; empty for that of the interface, or of the method if the annotation is on a method
   */
  String value() default "";

  /** {@return the number of permits in each period, in [1, 1,000,000,000]; 0 for the limit of the name} */
  int limit() default 0;

  /** {@return the period of the limit, a duration such as {@code 1s}, at least 1 µs and at most 365 days; empty for that of the name} */
  String period() default "";

  /** {@return how long a call may wait, a duration such as {@code 200ms}, at most 365 days; empty for the default, not at all} */
  String maxWait() default "";
}
