package io.aragora.resilience.spring;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** Creates the runtime of an application. */
@AutoConfiguration
public class ResilienceAutoConfiguration {
  /** Creates the auto-configuration. */
  public ResilienceAutoConfiguration() {}

  /**
   * Creates the runtime, unless the application has a bean of its own.
   *
   * @param customizers change its builder
   * @return the runtime
   */
  @Bean
  @ConditionalOnMissingBean
  Resilience resilience(ObjectProvider<ResilienceBuilderCustomizer> customizers) {
    ResilienceBuilder builder = Resilience.builder();
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder.build();
  }
}
