package io.aragora.resilience.spring.test;

import io.aragora.resilience.spring.ResilienceBuilderCustomizer;
import io.aragora.resilience.testing.ManualTime;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Replaces the time of the runtime, after every other customizer. */
@Configuration(proxyBeanMethods = false)
class ManualTimeConfiguration {
  @Bean
  @Primary
  ManualTime resilienceManualTime() {
    return ManualTime.create();
  }

  @Bean
  @Order(Ordered.LOWEST_PRECEDENCE)
  ResilienceBuilderCustomizer resilienceManualTimeCustomizer(ManualTime time) {
    return builder -> builder.timeSource(time);
  }
}
