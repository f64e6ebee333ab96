package io.aragora.resilience.spring.cloud;

import io.aragora.resilience.Resilience;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.cloud.client.circuitbreaker.CircuitBreakerFactory;
import org.springframework.cloud.client.circuitbreaker.Customizer;
import org.springframework.context.annotation.Bean;

/** Creates the factory of Spring Cloud's circuit breakers, unless the application has one. */
@AutoConfiguration(
    afterName = {
      "io.aragora.resilience.spring.ResilienceAutoConfiguration",
      "org.springframework.cloud.circuitbreaker.resilience4j.Resilience4JAutoConfiguration",
      "org.springframework.cloud.circuitbreaker.springretry.SpringRetryAutoConfiguration",
      "org.springframework.cloud.circuitbreaker.retry.FrameworkRetryAutoConfiguration"
    })
@ConditionalOnClass(CircuitBreakerFactory.class)
@ConditionalOnSingleCandidate(Resilience.class)
@ConditionalOnProperty(
    name = "spring.cloud.circuitbreaker.resilience.enabled",
    matchIfMissing = true)
public class CircuitBreakerFactoryAutoConfiguration {
  /** Creates the configuration. */
  public CircuitBreakerFactoryAutoConfiguration() {}

  /**
   * Creates the factory.
   *
   * @param resilience the runtime
   * @param customizers configure it
   * @return the factory
   */
  @Bean
  @ConditionalOnMissingBean(CircuitBreakerFactory.class)
  public ResilienceCircuitBreakerFactory resilienceCircuitBreakerFactory(
      Resilience resilience,
      ObjectProvider<Customizer<ResilienceCircuitBreakerFactory>> customizers) {
    ResilienceCircuitBreakerFactory factory = new ResilienceCircuitBreakerFactory(resilience);
    customizers.orderedStream().forEach(customizer -> customizer.customize(factory));
    return factory;
  }
}
