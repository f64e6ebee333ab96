package io.aragora.resilience.reference;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Named configs: those for the providers of language models, and, apart from them, the defaults of the entry points of
 * the Python package {@code aragora.resilience}, for users of that package. Each is an ordinary {@link
 * CircuitBreakerConfig}; {@link CircuitBreakerConfig#toBuilder()} changes a copy.
 *
 * <p>Thread-safe: all of them are immutable.
 */
public final class CircuitBreakerPresets {
  private static final String DEFAULT = "default";

  private static final Map<String, CircuitBreakerConfig> PROVIDERS = providers();

  private CircuitBreakerPresets() {}

  private static Map<String, CircuitBreakerConfig> providers() {
    Map<String, CircuitBreakerConfig> presets = new LinkedHashMap<>();
    presets.put("anthropic", preset(3, 2, 30, 2));
    presets.put("openai", preset(5, 2, 60, 3));
    presets.put("mistral", preset(4, 2, 45, 2));
    presets.put("openrouter", preset(5, 3, 90, 2));
    presets.put("xai", preset(3, 2, 60, 2));
    presets.put("grok", preset(3, 2, 60, 2));
    presets.put("gemini", preset(4, 2, 45, 3));
    presets.put("google", preset(4, 2, 45, 3));
    presets.put(DEFAULT, CircuitBreakerConfig.defaults());
    return Collections.unmodifiableMap(presets);
  }

  private static CircuitBreakerConfig preset(
      int failures, int successes, int cooldownSeconds, int probes) {
    return CircuitBreakerConfig.builder()
        .failureThreshold(failures)
        .successThreshold(successes)
        .cooldown(Duration.ofSeconds(cooldownSeconds))
        .halfOpenMaxCalls(probes)
        .build();
  }

  /**
   * Returns the preset of a provider.
   *
   * @param provider its name; case and surrounding blanks are ignored
   * @return the preset; that of {@code default} for an unknown provider
   */
  public static CircuitBreakerConfig named(String provider) {
    return find(provider).orElseGet(CircuitBreakerConfig::defaults);
  }

  /**
   * Looks up the preset of a provider.
   *
   * @param provider its name; case and surrounding blanks are ignored
   * @return the preset; empty for an unknown provider
   */
  public static Optional<CircuitBreakerConfig> find(String provider) {
    return Optional.ofNullable(PROVIDERS.get(provider.strip().toLowerCase(Locale.ROOT)));
  }

  /** {@return the presets of providers by name in lower case, as an immutable map; {@code default} is one of them} */
  public static Map<String, CircuitBreakerConfig> all() {
    return PROVIDERS;
  }

  /** {@return the defaults of a directly constructed {@code CircuitBreaker(…)}: 3 failures, 60 s, 2 of 3 probes} */
  public static CircuitBreakerConfig direct() {
    return preset(3, 2, 60, 3);
  }

  /** {@return the defaults of {@code get_circuit_breaker(name)} and of this library: 5 failures, 60 s, 2 of 3 probes} */
  public static CircuitBreakerConfig registry() {
    return CircuitBreakerConfig.defaults();
  }

  /**
   * {@return the defaults of {@code get_v2_circuit_breaker(name)} and {@code with_circuit_breaker}: 5 failures, 60 s, 3
   * of 3 probes}
   */
  public static CircuitBreakerConfig v2() {
    return preset(5, 3, 60, 3);
  }

  /** {@return the defaults of {@code SimpleCircuitBreaker(…)}: 5 failures, 30 s, 3 of 3 probes} */
  public static CircuitBreakerConfig simple() {
    return preset(5, 3, 30, 3);
  }

  /** {@return the defaults of {@code with_resilience(…)}: 3 failures, 60 s, 2 of 3 probes} */
  public static CircuitBreakerConfig withResilience() {
    return preset(3, 2, 60, 3);
  }

  /** {@return the defaults of the HTTP client mix-in: 3 failures, 60 s, 2 of 3 probes} */
  public static CircuitBreakerConfig http() {
    return preset(3, 2, 60, 3);
  }
}
