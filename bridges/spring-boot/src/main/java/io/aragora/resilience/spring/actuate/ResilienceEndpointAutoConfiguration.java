package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spring.ResilienceSettings;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/** Adds the endpoint {@code resilience} to Actuator, if the application exposes it. */
@AutoConfiguration(afterName = "io.aragora.resilience.spring.ResilienceAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnSingleCandidate(Resilience.class)
public class ResilienceEndpointAutoConfiguration {
  /** Creates the configuration. */
  public ResilienceEndpointAutoConfiguration() {}

  /**
   * Creates the endpoint.
   *
   * @param resilience the runtime
   * @param settings the settings of the application
   * @return the endpoint
   */
  @Bean
  @ConditionalOnMissingBean
  @ConditionalOnAvailableEndpoint
  public ResilienceEndpoint resilienceEndpoint(Resilience resilience, ResilienceSettings settings) {
    return new ResilienceEndpoint(resilience, settings);
  }
}
