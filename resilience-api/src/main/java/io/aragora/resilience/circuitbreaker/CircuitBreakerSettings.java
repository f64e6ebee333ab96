package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.ResilienceConfigurationException;
import java.util.Map;

/**
 * Decides which settings a breaker is made with. Whoever operates an application changes them without touching its code, and
 * an application registers settings for names that other code will ask for.
 *
 * <p>Each single setting is taken from the strongest source that has it:
 *
 * <ol>
 *   <li>system properties,
 *   <li>environment,
 *   <li>the map of {@link io.aragora.resilience.ResilienceBuilder#config},
 *   <li>the file of {@link io.aragora.resilience.ResilienceBuilder#configFile},
 *   <li>what the code declares, or else what is registered under the breaker's name,
 *   <li>the preset of a provider, or else the defaults.
 * </ol>
 *
 * <p>System properties, the map and the file use the names of the methods of {@link CircuitBreakerConfig.Builder}: {@code
 * resilience.circuitbreaker.cooldown} is for every breaker, {@code resilience.circuitbreaker.prices.cooldown} for the one
 * named {@code prices}, and wins over the former within the same source. The environment is for every breaker: {@code
 * ARAGORA_CB_TIMEOUT_SECONDS} is the cooldown, and {@code ARAGORA_CB_FAILURE_RATE_THRESHOLD} shows how all others are named.
 * Durations are {@code 500ms}, {@code 30s}, {@code 5m}, {@code 1h}, {@code 1d}, ISO-8601, or seconds ({@code 120.5}); {@code
 * off} turns off a rule that opens the breaker.
 *
 * <p>A bad value, or a combination that {@link CircuitBreakerConfig.Builder#build()} refuses, is an error in the map
 * and in the file. In the environment and in system properties each bad value is ignored by itself, with one warning in the
 * log. {@link CircuitBreakerConfig.Builder#pinned() Pinned} settings are left as they are.
 *
 * <p>Settings are looked up when a breaker is made or declared, and not again. Thread-safe.
 */
public interface CircuitBreakerSettings {
  /** The most names that have settings registered. */
  int MAX_REGISTERED = 10_000;

  /**
   * Registers settings for a name, in place of those that were registered before. A breaker that exists is not changed.
   *
   * @param name the breaker's name; not blank, at most 10,000 characters
   * @param config its settings
   * @throws ResilienceConfigurationException if it would be more than {@value #MAX_REGISTERED} names
   * @throws IllegalArgumentException if the name is blank or too long
   */
  void register(String name, CircuitBreakerConfig config);

  /**
   * Removes the settings of a name. A breaker that exists is not changed.
   *
   * @param name the breaker's name
   * @return whether there were any
   */
  boolean unregister(String name);

  /**
   * Lists what is registered.
   *
   * @return an immutable copy
   */
  Map<String, CircuitBreakerConfig> registered();

  /** Removes everything that is registered. Breakers that exist are not changed. */
  void clear();

  /**
   * Tells what a breaker would be made with that nobody declares: what is registered under its name, else the defaults, and
   * what the stronger sources say.
   *
   * @param name the breaker's name; not blank, at most 10,000 characters
   * @return the settings
   * @throws ResilienceConfigurationException if what the map or the file says does not go together with the rest
   * @throws IllegalArgumentException if the name is blank or too long
   */
  CircuitBreakerConfig resolve(String name);

  /**
   * Tells what a breaker for a provider would be made with: what is registered under its name, else the preset of the
   * provider, and what the stronger sources say.
   *
   * @param name the breaker's name; not blank, at most 10,000 characters
   * @param provider case does not matter; one that is not known has the default preset
   * @return the settings
   * @throws ResilienceConfigurationException if what the map or the file says does not go together with the rest
   * @throws IllegalArgumentException if the name is blank or too long
   */
  CircuitBreakerConfig resolve(String name, String provider);

  /**
   * Tells what a breaker would be made with that the code declares: what it declares, whatever is registered, and what the
   * stronger sources say.
   *
   * @param name the breaker's name; not blank, at most 10,000 characters
   * @param declared the settings of the code
   * @return the settings; {@code declared} itself where nothing changes them
   * @throws ResilienceConfigurationException if what the map or the file says does not go together with the rest
   * @throws IllegalArgumentException if the name is blank or too long
   */
  CircuitBreakerConfig resolve(String name, CircuitBreakerConfig declared);
}
