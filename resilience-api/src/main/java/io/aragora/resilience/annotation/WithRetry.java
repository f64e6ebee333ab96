package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs a method again when it fails. With a name alone it is the retry of that name, as it is declared elsewhere; with any other
 * element it declares one.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithRetry {
  /**
   * Names the retry.
   *
   * @return the name; empty for that of the interface, and of the method where this stands on a method
   */
  String value() default "";

  /**
   * Chooses the preset that the other elements change.
   *
   * @return the name of a provider of {@link io.aragora.resilience.retry.RetryPresets}; empty for none
   */
  String provider() default "";

  /**
   * Limits the attempts, the first included.
   *
   * @return at least 1; 0 for the default of the preset, or 3
   */
  int maxAttempts() default 0;

  /**
   * Gives the first delay, before jitter.
   *
   * @return a duration such as {@code 200ms}; empty for the backoff of the preset, or the default one
   */
  String delay() default "";

  /**
   * Says how the delays grow from {@link #delay}.
   *
   * @return {@code exponential}, {@code linear}, {@code constant} or {@code fibonacci}; anything but the default needs a delay
   */
  String backoff() default "exponential";

  /**
   * Chooses the failures after which there is another attempt.
   *
   * @return their types, subclasses included; empty for the default
   */
  Class<? extends Throwable>[] retryOn() default {};

  /**
   * Chooses the failures that end the call at once, whatever {@link #retryOn} says.
   *
   * @return their types, subclasses included
   */
  Class<? extends Throwable>[] abortOn() default {};
}
