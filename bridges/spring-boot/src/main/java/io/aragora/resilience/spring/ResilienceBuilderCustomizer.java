package io.aragora.resilience.spring;

import io.aragora.resilience.ResilienceBuilder;

/**
 * Changes the builder of the runtime before it is built. Every bean of this type is called, in the order of {@link
 * org.springframework.core.annotation.Order}, after the settings of the application and its beans are set.
 */
@FunctionalInterface
public interface ResilienceBuilderCustomizer {
  /**
   * Changes the builder.
   *
   * @param builder the builder, with the settings of the application
   */
  void customize(ResilienceBuilder builder);
}
