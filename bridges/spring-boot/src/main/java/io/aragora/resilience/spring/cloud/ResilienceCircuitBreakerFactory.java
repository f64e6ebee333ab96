package io.aragora.resilience.spring.cloud;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.springframework.cloud.client.circuitbreaker.CircuitBreaker;
import org.springframework.cloud.client.circuitbreaker.CircuitBreakerFactory;

/**
 * Creates circuit breakers of Spring Cloud that are policies of the runtime, of the same names. Their settings are those of every
 * policy: {@code resilience.circuitbreaker.<id>.cooldown}, for instance, or {@code resilience.pipeline.<id>.policies} for other
 * policies than the breaker alone. Thread-safe.
 */
public final class ResilienceCircuitBreakerFactory
    extends CircuitBreakerFactory<ResilienceConfig, ResilienceConfig.Builder> {
  private final Resilience resilience;
  private volatile Function<String, ResilienceConfig> byDefault =
      id -> ResilienceConfig.builder().build();

  /**
   * Creates a factory.
   *
   * @param resilience the runtime
   */
  public ResilienceCircuitBreakerFactory(Resilience resilience) {
    this.resilience = Objects.requireNonNull(resilience, "resilience");
  }

  /**
   * Creates a circuit breaker, or returns another one with the same policies.
   *
   * @param id the name of the policies
   * @return the circuit breaker
   * @throws io.aragora.resilience.policy.ResilienceConfigurationException if the pipeline of this name is declared with other
   *     policies, or the runtime is full
   */
  @Override
  public CircuitBreaker create(String id) {
    Pipeline pipeline = config(id).pipeline(resilience, id);
    return new CircuitBreaker() {
      @Override
      public <T> T run(Supplier<T> body, Function<Throwable, T> fallback) {
        try {
          return pipeline.<T, RuntimeException>call(body::get);
        } catch (Exception e) {
          return fallback.apply(e);
        }
      }
    };
  }

  private ResilienceConfig config(String id) {
    ResilienceConfig configured = getConfigurations().get(id);
    return configured != null ? configured : byDefault.apply(id);
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
