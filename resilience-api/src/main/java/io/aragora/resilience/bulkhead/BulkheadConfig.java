package io.aragora.resilience.bulkhead;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The config of a bulkhead. Immutable; build one with {@link #builder()}. */
public final class BulkheadConfig {
  private static final int MOST_PLACES = 1_000_000;
  private static final int MOST_LEASES = 1024;
  private static final Duration SHORTEST_HOLD = Duration.ofMillis(1);
  private static final Duration LONGEST_HOLD = Duration.ofHours(8);
  private static final BulkheadConfig DEFAULTS = builder().build();

  private final int maxConcurrentCalls;
  private final Duration maxWait;
  private final @Nullable Integer declaredMaxWaiting;
  private final Order order;
  private final @Nullable Duration maxHold;
  private final boolean ignoreExternalConfig;

  private BulkheadConfig(Builder builder) {
    maxConcurrentCalls = builder.maxConcurrentCalls;
    maxWait = builder.maxWait;
    declaredMaxWaiting = builder.maxWaiting;
    order = builder.order;
    maxHold = builder.maxHold;
    ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /** The order in which waiting calls get a permit. */
  public enum Order {
    /** The call that has waited longest is the next one. If the queue is full, a new call is rejected. */
    OLDEST_FIRST,
    /**
     * The call that came last is the next one, because it has the most time left. If the queue is full, the oldest is
     * rejected, and the new call waits.
     */
    NEWEST_FIRST
  }

  /** {@return the defaults: 25 calls, and no waiting} */
  public static BulkheadConfig defaults() {
    return DEFAULTS;
  }

  /**
   * Creates a config in which calls do not wait.
   *
   * @param maxConcurrentCalls in [1, 1,000,000]
   * @return the config
   * @throws IllegalArgumentException if {@code maxConcurrentCalls} is not in [1, 1,000,000]
   */
  public static BulkheadConfig of(int maxConcurrentCalls) {
    return builder().maxConcurrentCalls(maxConcurrentCalls).build();
  }

  /** {@return a new builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return a new builder with the settings of this config} */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxConcurrentCalls = maxConcurrentCalls;
    builder.maxWait = maxWait;
    builder.maxWaiting = declaredMaxWaiting;
    builder.order = order;
    builder.maxHold = maxHold;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return the value of {@link Builder#maxConcurrentCalls}} */
  public int maxConcurrentCalls() {
    return maxConcurrentCalls;
  }

  /** {@return the value of {@link Builder#maxWait}} */
  public Duration maxWait() {
    return maxWait;
  }

  /** {@return the value of {@link Builder#maxWaiting}, or its default} */
  public int maxWaiting() {
    if (maxWait.isZero()) {
      return 0;
    }
    return declaredMaxWaiting == null ? maxConcurrentCalls : declaredMaxWaiting;
  }

  /** {@return the value of {@link Builder#order}} */
  public Order order() {
    return order;
  }

  /** {@return the value of {@link Builder#maxHold}; null if it is off} */
  public @Nullable Duration maxHold() {
    return maxHold;
  }

  /** {@return whether settings outside the code are ignored} */
  public boolean ignoresExternalConfig() {
    return ignoreExternalConfig;
  }

  /**
   * Returns every setting by its name. {@code ignoreExternalConfig} is compared and not shown.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("maxConcurrentCalls", maxConcurrentCalls)
        .add("maxWait", maxWait)
        .add("maxWaiting", maxWaiting())
        .add("order", order)
        .add("maxHold", maxHold)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig)
        .build();
  }

  /**
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(BulkheadConfig other) {
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

  /** Collects settings; each setter checks its value. Not thread-safe. */
  public static final class Builder {
    private int maxConcurrentCalls = 25;
    private Duration maxWait = Duration.ZERO;
    private @Nullable Integer maxWaiting;
    private Order order = Order.OLDEST_FIRST;
    private @Nullable Duration maxHold;
    private boolean ignoreExternalConfig;

    private Builder() {}

    /**
     * Sets how many calls may be under way at a time. Default 25.
     *
     * @param calls in [1, 1,000,000]
     * @throws IllegalArgumentException if {@code calls} is not in [1, 1,000,000]
     */
    public Builder maxConcurrentCalls(int calls) {
      maxConcurrentCalls = Setting.inRange("maxConcurrentCalls", 1, MOST_PLACES, calls);
      return this;
    }

    /**
     * Sets how long a call may wait for a permit. A deadline around the call ends its wait earlier. Default zero: calls
     * never wait.
     *
     * @param duration at most 106,751 days
     * @throws IllegalArgumentException if {@code duration} is negative or exceeds 106,751 days
     */
    public Builder maxWait(Duration duration) {
      maxWait = Setting.notNegative("maxWait", duration);
      return this;
    }

    /**
     * Sets how many calls may wait at a time. Default: as many as {@link #maxConcurrentCalls}; none if {@link #maxWait} is
     * zero.
     *
     * @param calls in [0, 1,000,000]
     * @throws IllegalArgumentException if {@code calls} is not in [0, 1,000,000]
     */
    public Builder maxWaiting(int calls) {
      maxWaiting = Setting.inRange("maxWaiting", 0, MOST_PLACES, calls);
      return this;
    }

    /**
     * Sets which of the waiting calls gets a free permit. Default {@link Order#OLDEST_FIRST}.
     *
     * @param order the order
     */
    public Builder order(Order order) {
      this.order = Objects.requireNonNull(order, "order");
      return this;
    }

    /**
     * Sets how long a call may hold a permit. Then another call may take the permit over, although the first is still under
     * way: a safety net for permits that are never given back. Needs {@link #maxConcurrentCalls} of at most 1024. Default off.
     *
     * @param duration in [1 ms, 8 h]
     * @throws IllegalArgumentException if {@code duration} is not in [1 ms, 8 h]
     */
    public Builder maxHold(Duration duration) {
      if (duration.compareTo(SHORTEST_HOLD) < 0 || duration.compareTo(LONGEST_HOLD) > 0) {
        throw new IllegalArgumentException("maxHold must be in [1 ms, 8 h]: " + duration);
      }
      maxHold = duration;
      return this;
    }

    /** Lets a call hold its permit for any time, which is the default. */
    public Builder noMaxHold() {
      maxHold = null;
      return this;
    }

    /**
     * Ignores settings of system properties, environment, {@link io.aragora.resilience.ResilienceBuilder#config} and
     * file, so that the settings of the code stay. Default: those sources may change them.
     */
    public Builder ignoreExternalConfig() {
      ignoreExternalConfig = true;
      return this;
    }

    /**
     * Builds the config.
     *
     * @return the config
     * @throws IllegalArgumentException if calls may wait in a queue and {@link #maxWait} is zero, or if {@link #maxHold} is
     *     set and {@link #maxConcurrentCalls} exceeds 1024
     */
    public BulkheadConfig build() {
      if (maxWait.isZero() && maxWaiting != null && maxWaiting > 0) {
        throw new IllegalArgumentException("maxWaiting must be 0 if maxWait is 0: " + maxWaiting);
      }
      if (maxHold != null && maxConcurrentCalls > MOST_LEASES) {
        throw new IllegalArgumentException("maxHold needs maxConcurrentCalls of at most "
            + MOST_LEASES + ": " + maxConcurrentCalls);
      }
      return new BulkheadConfig(this);
    }
  }
}
