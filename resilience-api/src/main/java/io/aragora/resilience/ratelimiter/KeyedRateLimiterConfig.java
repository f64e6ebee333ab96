package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The config of a {@link KeyedRateLimiter}. Immutable. */
public final class KeyedRateLimiterConfig {
  private final RateLimiterConfig limiter;
  private final int maxKeys;

  private KeyedRateLimiterConfig(RateLimiterConfig limiter, int maxKeys) {
    this.limiter = limiter;
    this.maxKeys = maxKeys;
  }

  /** {@return a new builder without the config of the keys, which {@link Builder#build()} requires} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Creates a config with the defaults for keys with a given config.
   *
   * @param limiter the config of each key, of a limiter that is not shared
   * @return the config
   * @throws IllegalArgumentException if it is shared
   */
  public static KeyedRateLimiterConfig of(RateLimiterConfig limiter) {
    return builder().limiter(limiter).build();
  }

  /** {@return the config of each key} */
  public RateLimiterConfig limiter() {
    return limiter;
  }

  /** {@return the value of {@link Builder#maxKeys}, in keys} */
  public int maxKeys() {
    return maxKeys;
  }

  /**
   * Returns every setting by its name. Those of {@link #limiter()} are among them.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("maxKeys", maxKeys)
        .addAll(limiter.declaredSettings())
        .build();
  }

  /**
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(KeyedRateLimiterConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Returns every setting.
   *
   * @return the settings as {@code name=value}, separated by commas
   */
  @Override
  public String toString() {
    return declaredSettings().toString();
  }

  /** Collects settings. Each setter checks its value. Not thread-safe. */
  public static final class Builder {
    private @Nullable RateLimiterConfig limiter;
    private int maxKeys = 10_000;

    private Builder() {}

    /**
     * Sets the config of each key. No default. Keys are not saved across restarts.
     *
     * @param config the config of a limiter that is neither shared nor kept across restarts
     * @throws IllegalArgumentException if it is shared
     */
    public Builder limiter(RateLimiterConfig config) {
      if (config.isShared()) {
        throw new IllegalArgumentException(
            "limiter must not be shared, since each key has its own limit: " + config);
      }
      limiter = Objects.requireNonNull(config, "limiter");
      return this;
    }

    /**
     * Sets the largest number of keys with a level of their own. An idle key of a smooth limiter takes at most 96 bytes
     * beside its name. Default 10,000.
     *
     * @param keys in [1, 10,000,000]
     * @throws IllegalArgumentException if {@code keys} is not in [1, 10,000,000]
     */
    public Builder maxKeys(int keys) {
      maxKeys = Setting.inRange("maxKeys", 1, 10_000_000, keys);
      return this;
    }

    /**
     * Builds the config.
     *
     * @return the config
     * @throws IllegalArgumentException if {@link #limiter} was not set, or has {@link
     *     RateLimiterConfig.Builder#keepAcrossRestart}
     */
    public KeyedRateLimiterConfig build() {
      if (limiter == null) {
        throw new IllegalArgumentException("limiter must be set: it has no default");
      }
      if (limiter.keepsAcrossRestart()) {
        throw new IllegalArgumentException(
            "limiter must not have keepAcrossRestart, since keys are not saved: true");
      }
      return new KeyedRateLimiterConfig(limiter, maxKeys);
    }
  }
}
