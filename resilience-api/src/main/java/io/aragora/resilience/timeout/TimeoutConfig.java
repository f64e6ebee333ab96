package io.aragora.resilience.timeout;

import io.aragora.resilience.spi.Setting;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The settings of a timeout. Immutable. */
public final class TimeoutConfig {
  private final Duration limit;
  private final @Nullable Consumer<@Nullable Object> onLateResult;

  private TimeoutConfig(Builder builder, Duration limit) {
    this.limit = limit;
    this.onLateResult = builder.onLateResult;
  }

  /**
   * Gives the settings for a limit and nothing else.
   *
   * @param limit positive and at most 365 days
   * @return the settings
   * @throws IllegalArgumentException if {@code limit} is outside
   */
  public static TimeoutConfig of(Duration limit) {
    return builder().limit(limit).build();
  }

  /**
   * Starts without a limit, which {@link Builder#build()} insists on.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Gives {@link Builder#limit}.
   *
   * @return the limit
   */
  public Duration limit() {
    return limit;
  }

  /**
   * Gives {@link Builder#onLateResult}.
   *
   * @return the consumer, or null
   */
  public @Nullable Consumer<@Nullable Object> onLateResult() {
    return onLateResult;
  }

  /**
   * Tells whether two configurations declare the same; functions are not compared.
   *
   * @param other another configuration
   * @return whether the limits are the same
   */
  public boolean declaresSameAs(TimeoutConfig other) {
    return limit.equals(other.limit);
  }

  /**
   * Shows every setting that is not a function.
   *
   * @return the settings as {@code name=value}
   */
  @Override
  public String toString() {
    return "limit=" + limit;
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private @Nullable Duration limit;
    private @Nullable Consumer<@Nullable Object> onLateResult;

    private Builder() {}

    /**
     * Sets how long a call may take. No default.
     *
     * @param limit positive and at most 365 days
     * @return this builder
     * @throws IllegalArgumentException if {@code limit} is outside
     */
    public Builder limit(Duration limit) {
      this.limit = Setting.positive("limit", limit);
      return this;
    }

    /**
     * Sets what becomes of a result that came too late to be returned, so that it can be closed. Default: dropped.
     *
     * @param consumer given the result on the thread that produced it; what it throws is logged
     * @return this builder
     */
    public Builder onLateResult(Consumer<@Nullable Object> consumer) {
      onLateResult = Objects.requireNonNull(consumer, "onLateResult");
      return this;
    }

    /**
     * Builds the settings.
     *
     * @return the settings
     * @throws IllegalArgumentException if there is no limit
     */
    public TimeoutConfig build() {
      if (limit == null) {
        throw new IllegalArgumentException("limit must be set: it has no default");
      }
      return new TimeoutConfig(this, limit);
    }
  }
}
