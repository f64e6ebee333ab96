package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.micrometer.MicrometerMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Shows the runtime in Micrometer. The bean is an extension, which the runtime is built with, and a binder, which Spring Boot binds
 * to every registry of the application.
 */
@AutoConfiguration(beforeName = "io.aragora.resilience.spring.ResilienceAutoConfiguration")
@ConditionalOnClass({MeterRegistry.class, MicrometerMetrics.class})
public class ResilienceMetersAutoConfiguration {
  /** Creates the configuration. */
  public ResilienceMetersAutoConfiguration() {}

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  MicrometerMetrics resilienceMicrometerMetrics() {
    return MicrometerMetrics.builder().build();
  }
}
