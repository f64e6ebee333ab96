package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.Map;

/**
 * Resolves the config of a new breaker. Operators can change settings without changing the code, and an application can
 * register settings for names that other code looks up.
 *
 * <p>Each single setting comes from the strongest source that has it:
 *
 * <ol>
 *   <li>system properties,
 *   <li>environment,
 *   <li>the map of {@link io.aragora.resilience.ResilienceBuilder#config},
 *   <li>the file of {@link io.aragora.resilience.ResilienceBuilder#configFile},
 *   <li>the declaration in the code, else the settings registered for the name of the breaker,
 *   <li>the preset, else the defaults.
 * </ol>
 *
 * <p>System properties, the map and the file use the names of the methods of {@link CircuitBreakerConfig.Builder}: {@code
 * resilience.circuitbreaker.cooldown} applies to every breaker, {@code resilience.circuitbreaker.prices.cooldown} to the one
 * named {@code prices}, and overrides the former within the same source. The environment applies to every breaker: {@code
 * ARAGORA_CB_TIMEOUT_SECONDS} is the cooldown, and {@code ARAGORA_CB_FAILURE_RATE_THRESHOLD} shows the form of all others.
 * Durations are {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}, {@code 1d}, ISO-8601, or seconds ({@code 120.5}); {@code
 * off} turns off a rule that opens the breaker.
 *
 * <p>An invalid value, or a combination that {@link CircuitBreakerConfig.Builder#build()} rejects, is an error in the map
 * and in the file. In the environment and in system properties each invalid value is ignored by itself, with one warning in the
 * log. {@link CircuitBreakerConfig.Builder#ignoreExternalConfig() Pinned} settings do not change.
 *
 * <p>Settings are resolved once, when a breaker is created or declared. Thread-safe.
 */
public interface CircuitBreakerConfigRegistry {
  /** The largest number of names with registered settings. */
  int MAX_REGISTERED = 10_000;

  /**
   * Registers settings for a name and replaces earlier ones. An existing breaker does not change.
   *
   * @param name the name of the breaker; not blank, at most 10,000 characters
   * @param config its settings
   * @throws ResilienceConfigurationException if {@value #MAX_REGISTERED} other names are registered
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   */
  void register(String name, CircuitBreakerConfig config);

  /**
   * Removes the settings of a name. An existing breaker does not change.
   *
   * @param name the name of the breaker
   * @return whether there were any
   */
  boolean unregister(String name);

  /** {@return the registered settings by name, as an immutable copy} */
  Map<String, CircuitBreakerConfig> registered();

  /** Removes all registered settings. Existing breakers do not change. */
  void clear();

  /**
   * Returns the config of a breaker that the code does not declare: the settings registered for its name, else the
   * defaults, changed by the stronger sources.
   *
   * @param name the name of the breaker; not blank, at most 10,000 characters
   * @return the config
   * @throws ResilienceConfigurationException if the map or the file makes the config inconsistent
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   */
  CircuitBreakerConfig resolve(String name);

  /**
   * Returns the config of a breaker with a preset: the settings registered for its name, else the preset, changed by the
   * stronger sources.
   *
   * @param name the name of the breaker; not blank, at most 10,000 characters
   * @param preset the config if none is registered for the name
   * @return the config
   * @throws ResilienceConfigurationException if the map or the file makes the config inconsistent
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   */
  CircuitBreakerConfig resolvePreset(String name, CircuitBreakerConfig preset);

  /**
   * Returns the config of a breaker that the code declares: the declaration, changed by the stronger sources. Registered
   * settings have no effect.
   *
   * @param name the name of the breaker; not blank, at most 10,000 characters
   * @param declared the config of the code
   * @return the config; {@code declared} itself if no source changes it
   * @throws ResilienceConfigurationException if the map or the file makes the config inconsistent
   * @throws IllegalArgumentException if {@code name} is blank or has more than 10,000 characters
   */
  CircuitBreakerConfig resolve(String name, CircuitBreakerConfig declared);
}
