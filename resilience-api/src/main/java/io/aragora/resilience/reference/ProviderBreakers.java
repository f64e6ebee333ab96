package io.aragora.resilience.reference;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import io.aragora.resilience.policy.ResilienceConfigurationException;

/** Breakers by the name of a provider, with its {@linkplain CircuitBreakerPresets preset}. Stateless and thread-safe. */
public final class ProviderBreakers {
  private ProviderBreakers() {}

  /**
   * Declares a breaker with the preset of a provider, by {@link Policies#circuitBreakerFromPreset}. Settings that are
   * registered for the name take precedence over the preset.
   *
   * @param resilience the runtime
   * @param name the name of the breaker; not blank, at most 10,000 characters
   * @param provider the provider, in any case; an unknown one has the default preset
   * @return the breaker of that name
   * @throws IllegalArgumentException if {@code name} is blank or too long
   * @throws ResilienceConfigurationException as for {@link Resilience#circuitBreaker(String, CircuitBreakerConfig)}
   */
  public static CircuitBreaker circuitBreaker(Resilience resilience, String name, String provider) {
    return resilience
        .policies()
        .circuitBreakerFromPreset(name, CircuitBreakerPresets.named(provider));
  }

  /**
   * Returns the config that a new breaker for a provider has, by {@link CircuitBreakerConfigRegistry#resolvePreset}.
   *
   * @param resilience the runtime
   * @param name the name of the breaker; not blank, at most 10,000 characters
   * @param provider the provider, in any case; an unknown one has the default preset
   * @return the config
   * @throws ResilienceConfigurationException if the map or the file makes the config inconsistent
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   */
  public static CircuitBreakerConfig config(Resilience resilience, String name, String provider) {
    return resilience
        .policies()
        .circuitBreakerConfigs()
        .resolvePreset(name, CircuitBreakerPresets.named(provider));
  }
}
