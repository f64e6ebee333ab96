package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Protects a method by a declared pipeline ({@link io.aragora.resilience.Resilience#pipeline(String,
 * java.util.function.Consumer)}), or one that is described outside the code. It replaces all policies of the method: on
 * the same method or type, no other annotation of this package may stand beside it, except {@link WithFallback}. On a
 * method it replaces the annotations of the type.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithPipeline {
  /** {@return the name of the pipeline} */
  String value();
}
