package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Runs a method again if it fails. With a name alone it uses the retry of that name, as declared elsewhere; with any
 * other element it declares one.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithRetry {
  /** {@return the name of the retry; empty for that of the interface, or of the method if the annotation is on a method} */
  String value() default "";

  /**
   * {@return the preset that the other elements change, a name of {@link io.aragora.resilience.reference.RetryPresets};
   * empty for none}
   */
  String provider() default "";

  /** {@return the number of attempts, the first included, at least 1; 0 for the default of the preset, or 3} */
  int maxAttempts() default 0;

  /**
   * {@return the first delay before jitter, a duration such as {@code 200ms}; empty for the backoff of the preset, or
   * the default one}
   */
  String delay() default "";

  /**
   * Returns how the delays grow from {@link #delay}.
   *
   * @return {@code exponential}, {@code linear}, {@code constant} or {@code fibonacci}; any but the default needs a
   *     delay
   */
  String backoff() default "exponential";

  /**
   * Returns the factor by which exponential delays grow.
   *
   * @return the factor, in [1, 100]; 0 for that of the preset, or 2; any but 0 needs a delay and exponential backoff
   */
  double backoffFactor() default 0;

  /** {@return the longest delay, a duration such as {@code 10s}; empty for that of the preset, or 30 s} */
  String maxDelay() default "";

  /**
   * Returns the kind of jitter.
   *
   * @return a name of {@link io.aragora.resilience.retry.Jitter} in lower case, except {@code absolute}, which {@link
   *     #jitterAmount} sets; empty for that of the preset, or multiplicative
   */
  String jitter() default "";

  /**
   * Returns the amount of time by which delays are spread to both sides.
   *
   * @return a positive duration such as {@code 200ms}; empty for the kind of {@link #jitter}; not both may be set
   */
  String jitterAmount() default "";

  /**
   * Returns the time after the first attempt beyond which no attempt starts.
   *
   * @return a positive duration such as {@code 30s}; empty for that of the preset, or no limit
   */
  String maxDuration() default "";

  /** {@return the types of failures that are retried, subclasses included; empty for the default} */
  Class<? extends Throwable>[] retryOn() default {};

  /**
   * Returns the failures that end the call at once. They take precedence over {@link #retryOn}.
   *
   * @return their types, subclasses included
   */
  Class<? extends Throwable>[] abortOn() default {};
}
