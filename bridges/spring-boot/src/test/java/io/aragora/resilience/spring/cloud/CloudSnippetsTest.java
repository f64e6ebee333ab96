package io.aragora.resilience.spring.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.spring.ResilienceAutoConfiguration;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.client.circuitbreaker.CircuitBreakerFactory;
import org.springframework.cloud.client.circuitbreaker.Customizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The code of docs/spring-boot.md about Spring Cloud. */
class CloudSnippetsTest {
  @Configuration(proxyBeanMethods = false)
  static class Shop {
    // readme: spring cloud customizer
    @Bean
    Customizer<ResilienceCircuitBreakerFactory> prices() {
      return factory -> factory.configure(
          config -> config
              .circuitBreaker(CircuitBreakerConfig.builder().failureThreshold(3).build())
              .timeout(Duration.ofSeconds(2)),
          "prices");
    }
    // end
  }

  @Test
  void customizer_create_declaresThePolicies() {
    new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(
            ResilienceAutoConfiguration.class, CircuitBreakerFactoryAutoConfiguration.class))
        .withUserConfiguration(Shop.class)
        .run(context -> {
          context.getBean(CircuitBreakerFactory.class).create("prices");
          Resilience resilience = context.getBean(Resilience.class);
          assertThat(resilience.circuitBreaker("prices").config().failureThreshold())
              .isEqualTo(3);
          assertThat(resilience.timeout("prices").config().limit())
              .isEqualTo(Duration.ofSeconds(2));
        });
  }
}
