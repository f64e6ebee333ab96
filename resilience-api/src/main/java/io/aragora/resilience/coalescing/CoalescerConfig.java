package io.aragora.resilience.coalescing;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The config of a coalescer. Immutable; build one with {@link #builder()} or change a copy with {@link #toBuilder()}.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the results
 */
public final class CoalescerConfig<K, V extends @Nullable Object> {
  private static final int MOST_FLIGHTS = 1_000_000;
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofDays(365);

  private final int maxFlights;
  private final Duration maxFlight;
  private final boolean shareFailures;
  private final @Nullable UnaryOperator<V> copyFor;
  private final @Nullable ResultCache<K, V> cache;
  private final @Nullable Duration maxStale;
  private final @Nullable Predicate<? super Throwable> staleIf;
  private final boolean ignoreExternalConfig;

  private CoalescerConfig(Builder<K, V> builder) {
    maxFlights = builder.maxFlights;
    maxFlight = builder.maxFlight;
    shareFailures = builder.shareFailures;
    copyFor = builder.copyFor;
    cache = builder.cache;
    maxStale = builder.maxStale;
    staleIf = builder.staleIf;
    ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /**
   * Returns the defaults.
   *
   * @param <K> the type of the keys
   * @param <V> the type of the results
   * @return a config with the defaults
   */
  public static <K, V extends @Nullable Object> CoalescerConfig<K, V> defaults() {
    return CoalescerConfig.<K, V>builder().build();
  }

  /**
   * Returns a new builder.
   *
   * @param <K> the type of the keys
   * @param <V> the type of the results
   * @return a new builder with the defaults
   */
  public static <K, V extends @Nullable Object> Builder<K, V> builder() {
    return new Builder<>();
  }

  /** {@return a new builder with the settings of this config} */
  public Builder<K, V> toBuilder() {
    Builder<K, V> builder = new Builder<>();
    builder.maxFlights = maxFlights;
    builder.maxFlight = maxFlight;
    builder.shareFailures = shareFailures;
    builder.copyFor = copyFor;
    builder.cache = cache;
    builder.maxStale = maxStale;
    builder.staleIf = staleIf;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return the value of {@link Builder#maxFlights}} */
  public int maxFlights() {
    return maxFlights;
  }

  /** {@return the value of {@link Builder#maxFlight}} */
  public Duration maxFlight() {
    return maxFlight;
  }

  /** {@return the value of {@link Builder#shareFailures}} */
  public boolean shareFailures() {
    return shareFailures;
  }

  /** {@return the function of {@link Builder#copyFor}; null if all calls receive the same object} */
  public @Nullable UnaryOperator<V> copyFor() {
    return copyFor;
  }

  /** {@return the cache of {@link Builder#staleIfError}; null if no stored result stands in for a failure} */
  public @Nullable ResultCache<K, V> cache() {
    return cache;
  }

  /** {@return the greatest age of {@link Builder#staleIfError}; null if no stored result stands in for a failure} */
  public @Nullable Duration maxStale() {
    return maxStale;
  }

  /** {@return the predicate of {@link Builder#staleIf}; null for every failure} */
  public @Nullable Predicate<? super Throwable> staleIf() {
    return staleIf;
  }

  /** {@return whether settings outside the code are ignored} */
  public boolean ignoresExternalConfig() {
    return ignoreExternalConfig;
  }

  /**
   * Returns every setting by its name. Functions, the cache and {@code ignoreExternalConfig} are compared and not shown.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("maxFlights", maxFlights)
        .add("maxFlight", maxFlight)
        .add("shareFailures", shareFailures)
        .add("maxStale", maxStale)
        .addUnshown("cache", cache)
        .addUnshown("staleIf", staleIf)
        .addUnshown("copyFor", copyFor)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig)
        .build();
  }

  /**
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(CoalescerConfig<?, ?> other) {
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

  /**
   * Collects settings; each setter checks its value. Not thread-safe.
   *
   * @param <K> the type of the keys
   * @param <V> the type of the results
   */
  public static final class Builder<K, V extends @Nullable Object> {
    private int maxFlights = 10_000;
    private Duration maxFlight = Duration.ofMinutes(1);
    private boolean shareFailures = true;
    private @Nullable UnaryOperator<V> copyFor;
    private @Nullable ResultCache<K, V> cache;
    private @Nullable Duration maxStale;
    private @Nullable Predicate<? super Throwable> staleIf;
    private boolean ignoreExternalConfig;

    private Builder() {}

    /**
     * Sets for how many keys a call may be under way that others can join. Calls of further keys run by themselves and are counted
     * as {@code alone}; none is rejected. Threads that come at the same moment may exceed it by their number. Default 10,000.
     *
     * @param flights in [1, 1,000,000]
     * @throws IllegalArgumentException if {@code flights} is not in [1, 1,000,000]
     */
    public Builder<K, V> maxFlights(int flights) {
      maxFlights = Setting.inRange("maxFlights", 1, MOST_FLIGHTS, flights);
      return this;
    }

    /**
     * Sets how long after its beginning the call of a key may be joined. The next call of the key then runs its own body, and is
     * the one to join. So a body that hangs holds up only the calls that have joined it. Default 1 minute.
     *
     * @param duration in [1 ms, 365 days]
     * @throws IllegalArgumentException if {@code duration} is not in [1 ms, 365 days]
     */
    public Builder<K, V> maxFlight(Duration duration) {
      if (duration.compareTo(SHORTEST) < 0 || duration.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException("maxFlight must be in [1 ms, 365 days]: " + duration);
      }
      maxFlight = duration;
      return this;
    }

    /**
     * Sets whether the calls that joined receive the failure of the call that led. If not, the call that led fails alone, and the
     * first one that joined runs its own body for the others. Default true.
     *
     * @param share whether they do
     */
    public Builder<K, V> shareFailures(boolean share) {
      shareFailures = share;
      return this;
    }

    /**
     * Sets how a result is copied for each call that joined, and for the cache. Needed for results that only one caller may use or
     * change. Default: all calls receive the same object.
     *
     * @param function returns a copy; what it throws ends the call that joined, and is suppressed in the failure of one that led
     */
    public Builder<K, V> copyFor(UnaryOperator<V> function) {
      copyFor = Objects.requireNonNull(function, "copyFor");
      return this;
    }

    /**
     * Stores each result, and lets it stand in for a later failure of its key: of the body, or a rejection by a policy inside. It
     * does not stand in for a call that was cancelled or interrupted, or whose deadline passed. Default: no result is stored.
     *
     * @param cache stores the results; an exception that it throws is logged once
     * @param maxStale the greatest age at which a result may stand in, in (0, 365 days]
     * @throws IllegalArgumentException if {@code maxStale} is not positive or exceeds 365 days
     */
    public Builder<K, V> staleIfError(ResultCache<K, V> cache, Duration maxStale) {
      Objects.requireNonNull(cache, "cache");
      maxStale(maxStale);
      this.cache = cache;
      return this;
    }

    /**
     * Sets the greatest age of {@link #staleIfError}, which {@link #build()} requires. There is no default.
     *
     * @param age in (0, 365 days]
     * @throws IllegalArgumentException if {@code age} is not positive or exceeds 365 days
     */
    public Builder<K, V> maxStale(Duration age) {
      Setting.positive("maxStale", age);
      if (age.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException("maxStale must be at most 365 days: " + age);
      }
      maxStale = age;
      return this;
    }

    /**
     * Sets for which failures a stored result stands in. Default: every failure and rejection, and no cancellation. A predicate is
     * asked about a cancellation that the body reported, too.
     *
     * @param predicate tests each failure; if it throws, the failure comes out
     */
    public Builder<K, V> staleIf(Predicate<? super Throwable> predicate) {
      staleIf = Objects.requireNonNull(predicate, "staleIf");
      return this;
    }

    /**
     * Ignores settings of system properties, environment, {@link io.aragora.resilience.ResilienceBuilder#config} and
     * file, so that the settings of the code stay. Default: those sources may change them.
     */
    public Builder<K, V> ignoreExternalConfig() {
      ignoreExternalConfig = true;
      return this;
    }

    /**
     * Builds the config.
     *
     * @return the config
     * @throws IllegalArgumentException if {@link #maxStale} or {@link #staleIf} is set without {@link #staleIfError}
     */
    public CoalescerConfig<K, V> build() {
      if (cache == null && maxStale != null) {
        throw new IllegalArgumentException("maxStale needs a cache (staleIfError): " + maxStale);
      }
      if (cache == null && staleIf != null) {
        throw new IllegalArgumentException("staleIf needs a cache (staleIfError)");
      }
      return new CoalescerConfig<>(this);
    }
  }
}
