package io.aragora.resilience.timeout;

import io.aragora.resilience.spi.DeclaredSettings;
import io.aragora.resilience.spi.Setting;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The settings of a timeout. Immutable. */
public final class TimeoutConfig {
  private final Duration limit;
  private final @Nullable Consumer<@Nullable Object> onLateResult;
  private final @Nullable Function<? super TimeoutExceededException, ? extends RuntimeException>
      failure;
  private final boolean pinned;

  private TimeoutConfig(Builder builder, Duration limit) {
    this.limit = limit;
    this.onLateResult = builder.onLateResult;
    this.failure = builder.failure;
    this.pinned = builder.pinned;
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
   * Starts from these settings.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.limit = limit;
    builder.onLateResult = onLateResult;
    builder.failure = failure;
    builder.pinned = pinned;
    return builder;
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
   * Gives {@link Builder#failure}.
   *
   * @return the function, or null
   */
  public @Nullable Function<? super TimeoutExceededException, ? extends RuntimeException>
      failure() {
    return failure;
  }

  /**
   * Gives {@link Builder#pinned}.
   *
   * @return whether nothing outside the code may change these settings
   */
  public boolean isPinned() {
    return pinned;
  }

  /**
   * Returns every setting by its name. {@code pinned} and the functions are compared and not shown.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("limit", limit)
        .addUnshown("onLateResult", onLateResult)
        .addUnshown("failure", failure)
        .addUnshown("pinned", pinned)
        .build();
  }

  /**
   * Returns whether two configurations declare the same, functions included.
   *
   * @param other another configuration
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(TimeoutConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Shows every setting that is not a function.
   *
   * @return the settings as {@code name=value}
   */
  @Override
  public String toString() {
    return declaredSettings().toString();
  }

  /** Collects settings. Not thread-safe. */
  public static final class Builder {
    private @Nullable Duration limit;
    private @Nullable Consumer<@Nullable Object> onLateResult;
    private @Nullable Function<? super TimeoutExceededException, ? extends RuntimeException>
        failure;
    private boolean pinned;

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
     * Sets what is thrown instead of {@link TimeoutExceededException}, which has message, limit and name. Default: that itself.
     *
     * @param function makes the exception; where it throws, or gives null, the call fails with the original, and what went wrong
     *     is suppressed in that
     * @return this builder
     */
    public Builder failure(
        Function<? super TimeoutExceededException, ? extends RuntimeException> function) {
      failure = Objects.requireNonNull(function, "failure");
      return this;
    }

    /**
     * Makes the settings stay what the code says, whatever system properties, environment, {@link
     * io.aragora.resilience.ResilienceBuilder#config} and file say. Default: they may be changed from there.
     *
     * @return this builder
     */
    public Builder pinned() {
      pinned = true;
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
