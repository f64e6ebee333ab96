package io.aragora.resilience.spring.cloud;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.reactor.ResilienceOperator;
import java.util.Objects;
import java.util.function.Function;
import org.springframework.cloud.client.circuitbreaker.ReactiveCircuitBreaker;
import org.springframework.cloud.client.circuitbreaker.ReactiveCircuitBreakerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Creates reactive circuit breakers of Spring Cloud that are policies of the runtime, of the same names and with the same settings as
 * those of {@link ResilienceCircuitBreakerFactory}. Needs {@code resilience-reactor} on the path. Thread-safe.
 */
public final class ResilienceReactiveCircuitBreakerFactory
    extends ReactiveCircuitBreakerFactory<ResilienceConfig, ResilienceConfig.Builder> {
  private final Resilience resilience;
  private volatile Function<String, ResilienceConfig> byDefault =
      id -> ResilienceConfig.builder().build();

  /**
   * Creates a factory.
   *
   * @param resilience the runtime
   */
  public ResilienceReactiveCircuitBreakerFactory(Resilience resilience) {
    this.resilience = Objects.requireNonNull(resilience, "resilience");
  }

  /**
   * Creates a circuit breaker, or returns another one with the same policies.
   *
   * @param id the name of the policies
   * @return the circuit breaker; each subscription is one call
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if the pipeline of this name is declared with other
   *     policies, or the runtime is full
   */
  @Override
  public ReactiveCircuitBreaker create(String id) {
    ResilienceConfig configured = getConfigurations().get(id);
    Pipeline pipeline =
        (configured != null ? configured : byDefault.apply(id)).pipeline(resilience, id);
    return new ReactiveCircuitBreaker() {
      @Override
      public <T> Mono<T> run(Mono<T> source, Function<Throwable, Mono<T>> fallback) {
        return source
            .transform(ResilienceOperator.<T>of(pipeline))
            .onErrorResume(Exception.class, fallback);
      }

      @Override
      public <T> Flux<T> run(Flux<T> source, Function<Throwable, Flux<T>> fallback) {
        return source
            .transform(ResilienceOperator.<T>of(pipeline))
            .onErrorResume(Exception.class, fallback);
      }
    };
  }

  @Override
  protected ResilienceConfig.Builder configBuilder(String id) {
    return ResilienceConfig.builder();
  }

  /**
   * Sets the config of ids that have none of their own. Default: the breaker alone.
   *
   * @param byDefault returns the config of an id
   */
  @Override
  public void configureDefault(Function<String, ResilienceConfig> byDefault) {
    this.byDefault = Objects.requireNonNull(byDefault, "byDefault");
  }
}
