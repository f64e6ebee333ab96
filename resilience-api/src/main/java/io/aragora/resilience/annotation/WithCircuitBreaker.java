package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Protects a method by a circuit breaker, outside its retry: one outcome for each call, however many attempts it takes. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithCircuitBreaker {
  /**
   * Names the breaker. Methods that call the same dependency should name the same one.
   *
   * @return the name; empty for that of the interface, and of the method where this stands on a method
   */
  String value() default "";

  /**
   * Chooses the preset of a provider.
   *
   * @return a name of {@link io.aragora.resilience.circuitbreaker.CircuitBreakerPresets}; empty for the settings that the name has
   */
  String provider() default "";
}
