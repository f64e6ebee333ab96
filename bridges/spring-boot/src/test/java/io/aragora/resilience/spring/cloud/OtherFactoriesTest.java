package io.aragora.resilience.spring.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.spring.ResilienceAutoConfiguration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.circuitbreaker.resilience4j.ReactiveResilience4JAutoConfiguration;
import org.springframework.cloud.circuitbreaker.resilience4j.Resilience4JAutoConfiguration;
import org.springframework.cloud.circuitbreaker.retry.FrameworkRetryAutoConfiguration;
import org.springframework.cloud.circuitbreaker.springretry.SpringRetryAutoConfiguration;
import org.springframework.cloud.client.circuitbreaker.CircuitBreakerFactory;
import org.springframework.cloud.client.circuitbreaker.ReactiveCircuitBreakerFactory;

/** An application that has a factory of Spring Cloud keeps it. */
class OtherFactoriesTest {
  private static void assertKept(Class<?> type, Class<?> ours, Class<?> other) {
    new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration.class, ours, other))
        .run(context ->
            assertThat(context.getBeanNamesForType(type)).containsExactly("factoryOfSpringCloud"));
  }

  @ParameterizedTest
  @ValueSource(
      classes = {
        Resilience4JAutoConfiguration.class,
        SpringRetryAutoConfiguration.class,
        FrameworkRetryAutoConfiguration.class
      })
  void context_otherFactory_isKept(Class<?> other) {
    assertKept(CircuitBreakerFactory.class, CircuitBreakerFactoryAutoConfiguration.class, other);
  }

  @ParameterizedTest
  @ValueSource(classes = ReactiveResilience4JAutoConfiguration.class)
  void context_otherReactiveFactory_isKept(Class<?> other) {
    assertKept(
        ReactiveCircuitBreakerFactory.class,
        ReactiveCircuitBreakerFactoryAutoConfiguration.class,
        other);
  }
}
