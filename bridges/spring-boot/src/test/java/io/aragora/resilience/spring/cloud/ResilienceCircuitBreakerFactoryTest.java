package io.aragora.resilience.spring.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spring.ResilienceAutoConfiguration;
import io.aragora.resilience.spring.ResilienceBuilderCustomizer;
import io.aragora.resilience.testing.ManualTime;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.client.circuitbreaker.CircuitBreaker;
import org.springframework.cloud.client.circuitbreaker.CircuitBreakerFactory;
import org.springframework.cloud.client.circuitbreaker.Customizer;
import org.springframework.cloud.client.circuitbreaker.NoFallbackAvailableException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class ResilienceCircuitBreakerFactoryTest {
  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(
          ResilienceAutoConfiguration.class, CircuitBreakerFactoryAutoConfiguration.class))
      .withUserConfiguration(Time.class);

  @Configuration(proxyBeanMethods = false)
  static class Time {
    @Bean
    ResilienceBuilderCustomizer time() {
      return builder -> builder
          .timeSource(ManualTime.create().autoAdvance(true))
          .config(Map.of(
              "resilience.circuitbreaker.prices.failureThreshold", "2",
              "resilience.retry.orders.maxAttempts", "3",
              "resilience.pipeline.orders.policies", "retry, circuitbreaker"));
    }
  }

  @Configuration(proxyBeanMethods = false)
  static class Customized {
    @Bean
    Customizer<ResilienceCircuitBreakerFactory> stock() {
      return factory -> factory.configure(
          builder -> builder
              .retry(RetryConfig.builder()
                  .maxAttempts(2)
                  .retryIf(IllegalStateException.class::isInstance)
                  .build())
              .circuitBreaker(CircuitBreakerConfig.builder().failureThreshold(1).build()),
          "stock");
    }
  }

  private static String down() {
    throw new IllegalStateException("down");
  }

  @Test
  void run_breakerOpens_callsFallbackOnly() {
    runner.run(context -> {
      CircuitBreaker breaker = context.getBean(CircuitBreakerFactory.class).create("prices");
      AtomicInteger bodies = new AtomicInteger();
      for (int i = 0; i < 3; i++) {
        String value = breaker.run(
            () -> {
              bodies.incrementAndGet();
              return down();
            },
            failure -> failure.getClass().getSimpleName());
        assertThat(value).isEqualTo(i < 2 ? "IllegalStateException" : "CallNotPermittedException");
      }
      assertThat(bodies).hasValue(2);
      assertThatThrownBy(() -> breaker.run(() -> "1.20"))
          .isInstanceOf(NoFallbackAvailableException.class)
          .hasCauseInstanceOf(CallNotPermittedException.class);
    });
  }

  @Test
  void run_success_returnsValue() {
    runner.run(context -> assertThat(context
            .getBean(CircuitBreakerFactory.class)
            .create("prices")
            .run(() -> "1.20", failure -> "none"))
        .isEqualTo("1.20"));
  }

  @Test
  void run_error_passesFallback() {
    runner.run(context -> {
      CircuitBreaker breaker = context.getBean(CircuitBreakerFactory.class).create("prices");
      assertThatThrownBy(() -> breaker.run(
              () -> {
                throw new AssertionError("bug");
              },
              failure -> "none"))
          .isInstanceOf(AssertionError.class);
    });
  }

  @Test
  void create_pipelineDescribedOutside_isUsed() {
    runner.run(context -> {
      AtomicInteger bodies = new AtomicInteger();
      Object value = context
          .getBean(CircuitBreakerFactory.class)
          .create("orders")
          .run(
              () -> {
                if (bodies.incrementAndGet() < 3) {
                  throw new java.io.UncheckedIOException(new java.io.IOException("down"));
                }
                return "ok";
              },
              failure -> failure);
      assertThat(value).isEqualTo("ok");
      assertThat(bodies).hasValue(3);
    });
  }

  @Test
  void create_customized_hasItsPolicies() {
    runner.withUserConfiguration(Customized.class).run(context -> {
      CircuitBreakerFactory<?, ?> factory = context.getBean(CircuitBreakerFactory.class);
      AtomicInteger bodies = new AtomicInteger();
      factory
          .create("stock")
          .run(
              () -> {
                bodies.incrementAndGet();
                return down();
              },
              failure -> "none");
      assertThat(bodies).hasValue(1); // the breaker opened after the first attempt
      assertThat(context.getBean(Resilience.class).pipeline("stock").policies()).hasSize(2);
      assertThat(factory.create("stock")).isNotNull(); // the same declaration
    });
  }

  @Test
  void context_withoutSpringCloud_starts() {
    runner.withClassLoader(new FilteredClassLoader("org.springframework.cloud")).run(context -> {
      assertThat(context).hasNotFailed();
      assertThat(context).doesNotHaveBean("resilienceCircuitBreakerFactory");
    });
  }

  @Test
  void context_disabled_hasNoFactory() {
    runner
        .withPropertyValues("spring.cloud.circuitbreaker.resilience.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(CircuitBreakerFactory.class));
  }
}
