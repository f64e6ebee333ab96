package io.aragora.resilience.annotation;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Protects a method by a pipeline that is described elsewhere: {@linkplain io.aragora.resilience.Pipeline.Builder#register()
 * registered} before the proxy is made, or outside the code. Stands for all policies of a method, and so not beside another
 * annotation of this package on the same method or type, except {@link WithFallback}; one on a method takes the place of those on
 * its type.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
public @interface WithPipeline {
  /**
   * Names the pipeline.
   *
   * @return the name
   */
  String value();
}
