package io.aragora.resilience.resilience4j;

import io.aragora.resilience.Resilience;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A registry of views of the breakers of a runtime. */
final class BreakerViews extends ViewRegistry<CircuitBreaker, CircuitBreakerConfig>
    implements CircuitBreakerRegistry {
  private final Resilience resilience;

  BreakerViews(Resilience resilience) {
    super(CircuitBreakerConfig.ofDefaults());
    this.resilience = resilience;
  }

  @Override
  CircuitBreaker view(
      String name, @Nullable CircuitBreakerConfig config, Map<String, String> tags) {
    var declared = ShownConfig.Declared.of(config, Configs::of);
    return new BreakerView(
        declared == null
            ? resilience.circuitBreaker(name)
            : resilience.circuitBreaker(name, declared.ours()),
        declared,
        tags,
        RuntimeTime.of(resilience));
  }

  @Override
  public Set<CircuitBreaker> getAllCircuitBreakers() {
    return all();
  }

  @Override
  public CircuitBreaker circuitBreaker(String name) {
    return named(name, Map.of());
  }

  @Override
  public CircuitBreaker circuitBreaker(String name, Map<String, String> tags) {
    return named(name, tags);
  }

  @Override
  public CircuitBreaker circuitBreaker(String name, CircuitBreakerConfig config) {
    return declared(name, config, Map.of());
  }

  @Override
  public CircuitBreaker circuitBreaker(
      String name, CircuitBreakerConfig config, Map<String, String> tags) {
    return declared(name, config, tags);
  }

  @Override
  public CircuitBreaker circuitBreaker(String name, Supplier<CircuitBreakerConfig> config) {
    return supplied(name, config, Map.of());
  }

  @Override
  public CircuitBreaker circuitBreaker(
      String name, Supplier<CircuitBreakerConfig> config, Map<String, String> tags) {
    return supplied(name, config, tags);
  }

  @Override
  public CircuitBreaker circuitBreaker(String name, String configName) {
    return configured(name, configName, Map.of());
  }

  @Override
  public CircuitBreaker circuitBreaker(String name, String configName, Map<String, String> tags) {
    return configured(name, configName, tags);
  }
}
