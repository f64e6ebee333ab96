package io.aragora.resilience.spring.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.spring.ResilienceAutoConfiguration;
import io.aragora.resilience.spring.ResilienceBuilderCustomizer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.cloud.client.circuitbreaker.NoFallbackAvailableException;
import org.springframework.cloud.client.circuitbreaker.ReactiveCircuitBreaker;
import org.springframework.cloud.client.circuitbreaker.ReactiveCircuitBreakerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

class ResilienceReactiveCircuitBreakerFactoryTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ApplicationContextRunner runner = new ApplicationContextRunner()
      .withConfiguration(AutoConfigurations.of(
          ResilienceAutoConfiguration.class, ReactiveCircuitBreakerFactoryAutoConfiguration.class))
      .withUserConfiguration(Settings.class);

  @Configuration(proxyBeanMethods = false)
  static class Settings {
    @Bean
    ResilienceBuilderCustomizer settings() {
      return builder ->
          builder.config(Map.of("resilience.circuitbreaker.prices.failureThreshold", "2"));
    }
  }

  @Test
  void run_breakerOpens_callsFallbackOnly() {
    runner.run(context -> {
      ReactiveCircuitBreaker breaker =
          context.getBean(ReactiveCircuitBreakerFactory.class).create("prices");
      int[] subscriptions = {0};
      for (int i = 0; i < 3; i++) {
        Mono<String> price = breaker.run(
            Mono.defer(() -> {
              subscriptions[0]++;
              return Mono.error(new IllegalStateException("down"));
            }),
            failure -> Mono.just(failure.getClass().getSimpleName()));
        assertThat(price.block(PATIENCE))
            .isEqualTo(i < 2 ? "IllegalStateException" : "CallNotPermittedException");
      }
      assertThat(subscriptions[0]).isEqualTo(2);
      assertThatThrownBy(() -> breaker.run(Mono.just("1.20")).block(PATIENCE))
          .isInstanceOf(NoFallbackAvailableException.class)
          .hasCauseInstanceOf(CallNotPermittedException.class);
      assertThat(breaker
              .run(Flux.just("a", "b"), failure -> Flux.just("none"))
              .collectList()
              .block(PATIENCE))
          .containsExactly("none");
    });
  }

  @Test
  void run_success_passesElements() {
    runner.run(context -> assertThat(context
            .getBean(ReactiveCircuitBreakerFactory.class)
            .create("prices")
            .run(Flux.just("a", "b"))
            .collectList()
            .block(PATIENCE))
        .isEqualTo(java.util.List.of("a", "b")));
  }

  @Test
  void context_withoutReactor_starts() {
    runner
        .withClassLoader(new FilteredClassLoader("io.aragora.resilience.reactor"))
        .run(context -> {
          assertThat(context).hasNotFailed();
          assertThat(context).doesNotHaveBean("resilienceReactiveCircuitBreakerFactory");
        });
  }
}
