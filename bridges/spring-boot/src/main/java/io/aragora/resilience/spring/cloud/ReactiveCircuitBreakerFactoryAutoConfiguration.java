package io.aragora.resilience.spring.cloud;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.reactor.ResilienceOperator;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.cloud.client.circuitbreaker.Customizer;
import org.springframework.cloud.client.circuitbreaker.ReactiveCircuitBreakerFactory;
import org.springframework.context.annotation.Bean;
import reactor.core.publisher.Mono;

/** Creates the factory of Spring Cloud's reactive circuit breakers, unless the application has one. */
@AutoConfiguration(
    afterName = {
      "io.aragora.resilience.spring.ResilienceAutoConfiguration",
      "org.springframework.cloud.circuitbreaker.resilience4j.ReactiveResilience4JAutoConfiguration"
    })
@ConditionalOnClass({ReactiveCircuitBreakerFactory.class, Mono.class, ResilienceOperator.class})
@ConditionalOnSingleCandidate(Resilience.class)
@ConditionalOnProperty(
    name = "spring.cloud.circuitbreaker.resilience.enabled",
    matchIfMissing = true)
public class ReactiveCircuitBreakerFactoryAutoConfiguration {
  /** Creates the configuration. */
  public ReactiveCircuitBreakerFactoryAutoConfiguration() {}

  /**
   * Creates the factory.
   *
   * @param resilience the runtime
   * @param customizers configure it
   * @return the factory
   */
  @Bean
  @ConditionalOnMissingBean(ReactiveCircuitBreakerFactory.class)
  public ResilienceReactiveCircuitBreakerFactory resilienceReactiveCircuitBreakerFactory(
      Resilience resilience,
      ObjectProvider<Customizer<ResilienceReactiveCircuitBreakerFactory>> customizers) {
    ResilienceReactiveCircuitBreakerFactory factory =
        new ResilienceReactiveCircuitBreakerFactory(resilience);
    customizers.orderedStream().forEach(customizer -> customizer.customize(factory));
    return factory;
  }
}
