package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Gives what another method gives where a method fails after all, as a {@link io.aragora.resilience.fallback.Fallback} does: outside
 * all policies, of which the method needs one.
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
   * Names a method of the same interface, which may be a default method. Its parameters are those of the method, and perhaps the
   * failure after them; what it gives is what the method gives, and where that is a {@link java.util.concurrent.CompletionStage},
   * its value. It is called on the target, and not through policies of its own.
   *
   * @return the name
   */
  String value();

  /**
   * Chooses the failures that it is for.
   *
   * @return their types, subclasses included
   */
  Class<? extends Throwable>[] on() default {Exception.class};
}
