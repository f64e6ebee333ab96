package org.springframework.cloud.circuitbreaker.springretry;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spring.cloud.ResilienceCircuitBreakerFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.cloud.client.circuitbreaker.CircuitBreakerFactory;
import org.springframework.context.annotation.Bean;

/** Has the name and the condition of Spring Cloud's own configuration, which is not on the path. */
@AutoConfiguration
public class SpringRetryAutoConfiguration {
  @Bean
  @ConditionalOnMissingBean(CircuitBreakerFactory.class)
  CircuitBreakerFactory<?, ?> factoryOfSpringCloud(Resilience resilience) {
    return new ResilienceCircuitBreakerFactory(resilience);
  }
}
