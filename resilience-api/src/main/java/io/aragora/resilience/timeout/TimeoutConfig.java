package io.aragora.resilience.timeout;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The config of a timeout. Immutable. */
public final class TimeoutConfig {
  private final Duration limit;
  private final @Nullable Consumer<@Nullable Object> onLateResult;
  private final @Nullable Function<? super TimeoutExceededException, ? extends RuntimeException>
      mapException;
  private final @Nullable Executor executor;
  private final boolean ignoreExternalConfig;

  private TimeoutConfig(Builder builder, Duration limit) {
    this.limit = limit;
    this.onLateResult = builder.onLateResult;
    this.mapException = builder.mapException;
    this.executor = builder.executor;
    this.ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /**
   * Creates a config with a limit.
   *
   * @param limit positive and at most 106,751 days
   * @return the config
   * @throws IllegalArgumentException if {@code limit} is not positive or exceeds 106,751 days
   */
  public static TimeoutConfig of(Duration limit) {
    return builder().limit(limit).build();
  }

  /** {@return a new builder without a limit, which {@link Builder#build()} requires} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return a new builder with the settings of this config} */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.limit = limit;
    builder.onLateResult = onLateResult;
    builder.mapException = mapException;
    builder.executor = executor;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return the value of {@link Builder#limit}} */
  public Duration limit() {
    return limit;
  }

  /** {@return the consumer of {@link Builder#onLateResult}; null if there is none} */
  public @Nullable Consumer<@Nullable Object> onLateResult() {
    return onLateResult;
  }

  /** {@return the function of {@link Builder#mapException}; null if there is none} */
  public @Nullable Function<? super TimeoutExceededException, ? extends RuntimeException>
      mapException() {
    return mapException;
  }

  /** {@return the executor of {@link Builder#executor}; null if there is none} */
  public @Nullable Executor executor() {
    return executor;
  }

  /** {@return whether settings outside the code are ignored} */
  public boolean ignoresExternalConfig() {
    return ignoreExternalConfig;
  }

  /**
   * Returns every setting by its name. {@code ignoreExternalConfig} and the functions are compared and not shown.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("limit", limit)
        .addUnshown("onLateResult", onLateResult)
        .addUnshown("mapException", mapException)
        .addUnshown("executor", executor)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig)
        .build();
  }

  /**
   * Returns whether another config declares the same, functions included.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(TimeoutConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Returns every setting that is not a function.
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
        mapException;
    private @Nullable Executor executor;
    private boolean ignoreExternalConfig;

    private Builder() {}

    /**
     * Sets the longest duration of a call. No default.
     *
     * @param limit positive and at most 106,751 days
     * @throws IllegalArgumentException if {@code limit} is not positive or exceeds 106,751 days
     */
    public Builder limit(Duration limit) {
      this.limit = Setting.positive("limit", limit);
      return this;
    }

    /**
     * Sets the consumer of a result that arrives too late to be returned, so that it can be closed. Default: the result
     * is dropped.
     *
     * @param consumer receives the result on a thread of the runtime, so one that blocks holds up no call; on the thread that
     *     produced it if 1,024 results wait or the runtime is closed; its exceptions are logged
     */
    public Builder onLateResult(Consumer<@Nullable Object> consumer) {
      onLateResult = Objects.requireNonNull(consumer, "onLateResult");
      return this;
    }

    /**
     * Sets the function that maps {@link TimeoutExceededException}, which has message, limit and name, to another
     * exception. Default: none.
     *
     * @param function returns the exception; if it throws or returns null, the call fails with the original, in
     *     which the failure of the function is suppressed
     */
    public Builder mapException(
        Function<? super TimeoutExceededException, ? extends RuntimeException> function) {
      mapException = Objects.requireNonNull(function, "mapException");
      return this;
    }

    /**
     * Sets the executor that completes asynchronous calls which exceeded the limit, so that continuations and fallbacks run
     * there. What runs inside is cancelled at the limit on a thread of the runtime, whatever the executor does. {@link
     * io.aragora.resilience.Pipeline#on} takes precedence. Default: a thread of the runtime.
     *
     * @param executor an event loop, for instance, or a managed executor of a container. If it throws, a thread of the
     *     runtime completes the call; if it is busy, the call ends later; a task that it drops runs when the runtime is closed
     */
    public Builder executor(Executor executor) {
      this.executor = Objects.requireNonNull(executor, "executor");
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
     * @throws IllegalArgumentException if {@link #limit} was not set
     */
    public TimeoutConfig build() {
      if (limit == null) {
        throw new IllegalArgumentException("limit must be set: it has no default");
      }
      return new TimeoutConfig(this, limit);
    }
  }
}
