package io.aragora.resilience.core.settings;

import io.aragora.resilience.ResilienceConfigurationException;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerPresets;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSettings;
import io.aragora.resilience.spi.Setting;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** The settings of breakers: what is registered by name, and what the layers over it say. */
final class BreakerSettings implements CircuitBreakerSettings {
  private final LayeredSettings<CircuitBreakerConfig, BreakerDraft> layers;
  private final ConcurrentHashMap<String, CircuitBreakerConfig> registered =
      new ConcurrentHashMap<>();

  /** Held while a name is registered, so that the bound is exact. */
  private final ReentrantLock registering = new ReentrantLock();

  BreakerSettings(LayeredSettings<CircuitBreakerConfig, BreakerDraft> layers) {
    this.layers = layers;
  }

  @Override
  public void register(String name, CircuitBreakerConfig config) {
    Setting.name("name", name);
    Objects.requireNonNull(config, "config");
    registering.lock();
    try {
      if (registered.size() >= MAX_REGISTERED && !registered.containsKey(name)) {
        throw new ResilienceConfigurationException(
            "cannot register settings for circuit breaker '" + name + "': there are "
                + MAX_REGISTERED
                + " already, the most that are kept; unregister what is not used");
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
  public CircuitBreakerConfig resolve(String name, String provider) {
    return resolve(name, registeredOr(name, CircuitBreakerPresets.named(provider)));
  }

  private CircuitBreakerConfig registeredOr(String name, CircuitBreakerConfig preset) {
    return registered.getOrDefault(name, preset);
  }

  @Override
  public CircuitBreakerConfig resolve(String name, CircuitBreakerConfig declared) {
    return layers.resolve(name, declared);
  }
}
