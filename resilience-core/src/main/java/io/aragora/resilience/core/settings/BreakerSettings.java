package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The configs of breakers: those registered by name, with the settings of the layers above them.
 * Thread-safe.
 */
final class BreakerSettings implements CircuitBreakerConfigRegistry {
  private final LayeredSettings<CircuitBreakerConfig, CircuitBreakerConfig.Builder> layers;
  private final ConcurrentHashMap<String, CircuitBreakerConfig> registered =
      new ConcurrentHashMap<>();

  /** Held while a name is registered, so the bound is exact. */
  private final ReentrantLock registering = new ReentrantLock();

  BreakerSettings(LayeredSettings<CircuitBreakerConfig, CircuitBreakerConfig.Builder> layers) {
    this.layers = layers;
  }

  @Override
  public void register(String name, CircuitBreakerConfig config) {
    Setting.name("name", name);
    Objects.requireNonNull(config, "config");
    registering.lock();
    try {
      if (registered.size() >= MAX_REGISTERED && !registered.containsKey(name)) {
        throw new ResilienceConfigurationException("cannot register a config for circuit breaker '"
            + name + "': the runtime already holds " + MAX_REGISTERED
            + " configs. Unregister unused ones");
      }
      registered.put(name, config);
    } finally {
      registering.unlock();
    }
  }

  @Override
  public boolean unregister(String name) {
    return registered.remove(name) != null;
  }

  @Override
  public Map<String, CircuitBreakerConfig> registered() {
    return Map.copyOf(registered);
  }

  @Override
  public void clear() {
    registered.clear();
  }

  @Override
  public CircuitBreakerConfig resolve(String name) {
    return resolve(name, registeredOr(name, CircuitBreakerConfig.defaults()));
  }

  @Override
  public CircuitBreakerConfig resolvePreset(String name, CircuitBreakerConfig preset) {
    return resolve(name, registeredOr(name, preset));
  }

  private CircuitBreakerConfig registeredOr(String name, CircuitBreakerConfig preset) {
    return registered.getOrDefault(name, preset);
  }

  @Override
  public CircuitBreakerConfig resolve(String name, CircuitBreakerConfig declared) {
    return layers.resolve(name, declared);
  }
}
