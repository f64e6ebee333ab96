package org.springframework.cloud.circuitbreaker.resilience4j;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spring.cloud.ResilienceReactiveCircuitBreakerFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.client.circuitbreaker.ReactiveCircuitBreakerFactory;
import org.springframework.context.annotation.Bean;

/** Has the name and the condition of Spring Cloud's own configuration, which is not on the path. */
@AutoConfiguration
public class ReactiveResilience4JAutoConfiguration {
  @Bean
  @ConditionalOnMissingBean(ReactiveCircuitBreakerFactory.class)
  ReactiveCircuitBreakerFactory<?, ?> factoryOfSpringCloud(Resilience resilience) {
    return new ResilienceReactiveCircuitBreakerFactory(resilience);
  }
}
