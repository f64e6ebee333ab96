package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Replaces the failure of a method by the result of another method, as a {@link io.aragora.resilience.fallback.Fallback}
 * does. It applies outside all policies; the method needs at least one policy.
 *
 * <pre>{@code
 * interface Prices {
 *   @WithCircuitBreaker("prices")
 *   @WithFallback("lastKnown")
 *   String price(String article) throws IOException;
 *
 *   default String lastKnown(String article, Exception failure) {
 *     return "unknown";
 *   }
 * }
 * }</pre>
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface WithFallback {
  /**
   * Returns the name of a method of the same interface, which may be a default method. It has the parameters of the
   * annotated method, optionally followed by the failure. Its result replaces that of the annotated method. If that is a
   * {@link java.util.concurrent.CompletionStage}, it replaces the value, or it is a stage of the value and runs as an
   * asynchronous fallback. It is called on the target, without policies of its own. The fallback of a suspending function
   * of Kotlin is a suspending function.
   *
   * @return the name
   */
  String value();

  /** {@return the types of failures that the fallback handles, subclasses included} */
  Class<? extends Throwable>[] on() default {Exception.class};
}
