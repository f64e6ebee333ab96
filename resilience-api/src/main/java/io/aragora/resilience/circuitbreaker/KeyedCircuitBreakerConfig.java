package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Objects;

/** The config of a {@link KeyedCircuitBreaker}. Immutable. */
public final class KeyedCircuitBreakerConfig {
  private final CircuitBreakerConfig breaker;
  private final int maxKeys;
  private final Duration abandonedAfter;

  private KeyedCircuitBreakerConfig(Builder builder) {
    breaker = builder.breaker;
    maxKeys = builder.maxKeys;
    abandonedAfter = builder.abandonedAfter;
  }

  /** {@return a new builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Creates a config with the defaults for keys with a given config.
   *
   * @param breaker the config of each key
   * @return the config
   */
  public static KeyedCircuitBreakerConfig of(CircuitBreakerConfig breaker) {
    return builder().breaker(breaker).build();
  }

  /** {@return the config of each key} */
  public CircuitBreakerConfig breaker() {
    return breaker;
  }

  /** {@return the value of {@link Builder#maxKeys}, in keys} */
  public int maxKeys() {
    return maxKeys;
  }

  /** {@return the value of {@link Builder#abandonedAfter}} */
  public Duration abandonedAfter() {
    return abandonedAfter;
  }

  /**
   * Returns every setting by its name. Those of {@link #breaker()} are among them.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("maxKeys", maxKeys)
        .add("abandonedAfter", abandonedAfter)
        .addAll(breaker.declaredSettings())
        .build();
  }

  /**
   * Returns whether another config declares the same, functions included.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(KeyedCircuitBreakerConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Returns every setting that is not a function.
   *
   * @return the settings as {@code name=value}, separated by commas
   */
  @Override
  public String toString() {
    return declaredSettings().toString();
  }

  /** Collects settings. Each setter checks its value. Not thread-safe. */
  public static final class Builder {
    private CircuitBreakerConfig breaker = CircuitBreakerConfig.defaults();
    private int maxKeys = 10_000;
    private Duration abandonedAfter = Duration.ofMinutes(10);

    private Builder() {}

    /**
     * Sets the config of each key. Default: {@link CircuitBreakerConfig#defaults()}.
     *
     * @param config the config
     */
    public Builder breaker(CircuitBreakerConfig config) {
      breaker = Objects.requireNonNull(config, "breaker");
      return this;
    }

    /**
     * Sets the largest number of keys with a breaker of their own. An idle key takes less than 512 bytes. Default
     * 10,000.
     *
     * @param keys in [1, 10,000,000]
     * @throws IllegalArgumentException if {@code keys} is not in [1, 10,000,000]
     */
    public Builder maxKeys(int keys) {
      maxKeys = Setting.inRange("maxKeys", 1, 10_000_000, keys);
      return this;
    }

    /**
     * Sets how long after the end of its cooldown an open key without a call may be evicted. Default 10 min.
     *
     * @param length positive, at most 106,751 days
     * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
     */
    public Builder abandonedAfter(Duration length) {
      abandonedAfter = Setting.positive("abandonedAfter", length);
      return this;
    }

    /** {@return the settings} */
    public KeyedCircuitBreakerConfig build() {
      return new KeyedCircuitBreakerConfig(this);
    }
  }
}
