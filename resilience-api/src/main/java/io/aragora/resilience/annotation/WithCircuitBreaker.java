package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Protects a method by a circuit breaker outside its retry: one outcome for each call, for any number of attempts. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithCircuitBreaker {
  /**
   * Returns the name of the breaker. Methods that call the same dependency should use the same name.
   *
   * @return the name; empty for that of the interface, or of the method if the annotation is on a method
   */
  String value() default "";

  /**
   * Returns the preset of a provider.
   *
   * @return a name of {@link io.aragora.resilience.reference.CircuitBreakerPresets}; empty for the settings of
   *     the name
   */
  String provider() default "";
}
