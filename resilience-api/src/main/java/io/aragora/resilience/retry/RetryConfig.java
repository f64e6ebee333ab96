package io.aragora.resilience.retry;

import io.aragora.resilience.internal.FailureRule;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The config of a retry. Immutable; build one with {@link #builder()} or change a copy with {@link #toBuilder()}. */
public final class RetryConfig {
  private static final RetryConfig DEFAULTS = builder().build();

  private final int maxAttempts;
  private final Backoff backoff;
  private final Duration maxDuration;
  private final Predicate<? super Throwable> retryIf;
  private final @Nullable Predicate<@Nullable Object> retryResultIf;
  private final @Nullable Predicate<? super Throwable> abortIf;
  private final @Nullable Function<? super Throwable, @Nullable RetryAfter> retryAfter;
  private final @Nullable Executor executor;
  private final @Nullable Function<@Nullable Object, @Nullable RetryAfter> retryAfterResult;
  private final @Nullable RetryBudget budget;
  private final String budgetName;
  private final boolean failOnRetryableResult;
  private final boolean retryRejections;
  private final boolean retryInterrupted;
  private final boolean retryCancelled;
  private final boolean retryWhenNested;
  private final boolean ignoreExternalConfig;

  private RetryConfig(Builder builder) {
    maxAttempts = builder.maxAttempts;
    backoff = builder.backoff;
    maxDuration = builder.maxDuration;
    retryIf = builder.retryIf.predicate(TransientFailures.INSTANCE);
    retryResultIf = builder.retryResultIf;
    abortIf = builder.abortIf.predicate();
    retryAfter = builder.retryAfter;
    executor = builder.executor;
    retryAfterResult = builder.retryAfterResult;
    budget = builder.budget;
    budgetName = budget == null ? "none" : budget.name();
    failOnRetryableResult = builder.failOnRetryableResult;
    retryRejections = builder.retryRejections;
    retryInterrupted = builder.retryInterrupted;
    retryCancelled = builder.retryCancelled;
    retryWhenNested = builder.retryWhenNested;
    ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /** {@return the defaults: 3 attempts, exponential from 100 ms to 30 s with a jitter of 0.25, for transient failures} */
  public static RetryConfig defaults() {
    return DEFAULTS;
  }

  /** {@return a new builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns the default predicate. It matches {@link java.io.IOException} and its subclasses, except for missing or
   * forbidden files, {@link java.util.concurrent.TimeoutException}, {@link
   * io.aragora.resilience.timeout.TimeoutExceededException}, and {@link
   * io.aragora.resilience.policy.CallRejectedException}, about which a retry asks only if {@link Builder#retryRejections} is set.
   *
   * @return the predicate
   */
  public static Predicate<Throwable> transientFailures() {
    return TransientFailures.INSTANCE;
  }

  /** {@return a new builder with the settings of this config} */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxAttempts = maxAttempts;
    builder.backoff = backoff;
    builder.maxDuration = maxDuration;
    builder.retryIf.setAll(retryIf, TransientFailures.INSTANCE);
    builder.retryResultIf = retryResultIf;
    builder.abortIf.setAll(abortIf, null);
    builder.retryAfter = retryAfter;
    builder.executor = executor;
    builder.retryAfterResult = retryAfterResult;
    builder.budget = budget;
    builder.failOnRetryableResult = failOnRetryableResult;
    builder.retryRejections = retryRejections;
    builder.retryInterrupted = retryInterrupted;
    builder.retryCancelled = retryCancelled;
    builder.retryWhenNested = retryWhenNested;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return the value of {@link Builder#maxAttempts}, the first attempt included} */
  public int maxAttempts() {
    return maxAttempts;
  }

  /** {@return the value of {@link Builder#backoff}} */
  public Backoff backoff() {
    return backoff;
  }

  /** {@return the value of {@link Builder#maxDuration}} */
  public Duration maxDuration() {
    return maxDuration;
  }

  /** {@return the predicate of {@link Builder#retryIf}} */
  public Predicate<? super Throwable> retryIf() {
    return retryIf;
  }

  /** {@return the predicate of {@link Builder#retryResultIf}; null if every result is accepted} */
  public @Nullable Predicate<@Nullable Object> retryResultIf() {
    return retryResultIf;
  }

  /** {@return the predicate of {@link Builder#abortIf}; null if {@link #retryIf} alone decides} */
  public @Nullable Predicate<? super Throwable> abortIf() {
    return abortIf;
  }

  /** {@return the executor of {@link Builder#executor}; null if there is none} */
  public @Nullable Executor executor() {
    return executor;
  }

  /** {@return the function of {@link Builder#retryAfter}; null if there is none} */
  public @Nullable Function<? super Throwable, @Nullable RetryAfter> retryAfter() {
    return retryAfter;
  }

  /** {@return the function of {@link Builder#retryAfterResult}; null if there is none} */
  public @Nullable Function<@Nullable Object, @Nullable RetryAfter> retryAfterResult() {
    return retryAfterResult;
  }

  /** {@return the value of {@link Builder#budget}; null if there is none} */
  public @Nullable RetryBudget budget() {
    return budget;
  }

  /** {@return whether a call whose last result is rejected fails} */
  public boolean failOnRetryableResult() {
    return failOnRetryableResult;
  }

  /** {@return whether the rejection of a policy inside is retried} */
  public boolean retryRejections() {
    return retryRejections;
  }

  /** {@return whether an interrupt that the body reports is retried} */
  public boolean retryInterrupted() {
    return retryInterrupted;
  }

  /** {@return whether a cancellation that the body reports is retried} */
  public boolean retryCancelled() {
    return retryCancelled;
  }

  /** {@return whether this retry retries inside another retry} */
  public boolean retryWhenNested() {
    return retryWhenNested;
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
        .add("maxAttempts", maxAttempts)
        .add("backoff", backoff)
        .add("maxDuration", maxDuration)
        .add("budget", budget, budgetName)
        .add("failOnRetryableResult", failOnRetryableResult)
        .add("retryRejections", retryRejections)
        .add("retryInterrupted", retryInterrupted)
        .add("retryCancelled", retryCancelled)
        .add("retryWhenNested", retryWhenNested)
        .addUnshown("retryIf", retryIf)
        .addUnshown("abortIf", abortIf)
        .addUnshown("retryResultIf", retryResultIf)
        .addUnshown("retryAfter", retryAfter)
        .addUnshown("executor", executor)
        .addUnshown("retryAfterResult", retryAfterResult)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig)
        .build();
  }

  /**
   * Returns whether another config declares the same, functions included.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(RetryConfig other) {
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

  /** Collects settings; each setter checks its value. Not thread-safe. */
  public static final class Builder {
    private int maxAttempts = 3;
    private Backoff backoff = Backoff.exponential(Duration.ofMillis(100));
    private Duration maxDuration = Setting.LONGEST;
    private final FailureRule retryIf = new FailureRule();
    private @Nullable Predicate<@Nullable Object> retryResultIf;
    private final FailureRule abortIf = new FailureRule();
    private @Nullable Function<? super Throwable, @Nullable RetryAfter> retryAfter;
    private @Nullable Executor executor;
    private @Nullable Function<@Nullable Object, @Nullable RetryAfter> retryAfterResult;
    private @Nullable RetryBudget budget;
    private boolean failOnRetryableResult;
    private boolean retryRejections;
    private boolean retryInterrupted;
    private boolean retryCancelled;
    private boolean retryWhenNested;
    private boolean ignoreExternalConfig;

    private Builder() {}

    /**
     * Sets the largest number of attempts, the first included. Default 3.
     *
     * @param attempts at least 1
     * @throws IllegalArgumentException if {@code attempts} is less than 1
     */
    public Builder maxAttempts(int attempts) {
      maxAttempts = Setting.atLeast("maxAttempts", 1, attempts);
      return this;
    }

    /**
     * Sets the delays between attempts. Default: exponential from 100 ms, capped at 30 s.
     *
     * @param backoff the backoff
     */
    public Builder backoff(Backoff backoff) {
      this.backoff = Objects.requireNonNull(backoff, "backoff");
      return this;
    }

    /**
     * Sets the time after the first attempt beyond which no attempt starts. Default: only the number of attempts limits
     * the call.
     *
     * @param length positive and at most 106,751 days
     * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
     */
    public Builder maxDuration(Duration length) {
      maxDuration = Setting.positive("maxDuration", length);
      return this;
    }

    /**
     * Sets which failures are retried. Cancellation, interruption and the rejection of a policy inside are not retried, unless
     * {@link #retryCancelled}, {@link #retryInterrupted} or {@link #retryRejections} is set. Default: {@link RetryConfig#transientFailures()}.
     *
     * @param predicate tests each failure; if it throws, the failure is not retried
     */
    public Builder retryIf(Predicate<? super Throwable> predicate) {
      retryIf.set(Objects.requireNonNull(predicate, "retryIf"));
      return this;
    }

    /**
     * Adds types of failures that are retried, subclasses included, besides those that {@link #retryIf} matches. If only
     * types are set, other failures are not retried. Default: none.
     *
     * @param types the types
     */
    @SafeVarargs
    public final Builder retryOn(Class<? extends Throwable>... types) {
      for (Class<? extends Throwable> type : types) {
        retryIf.add(Objects.requireNonNull(type, "type"));
      }
      return this;
    }

    /**
     * Sets which results are retried. When the attempts are used up, the call returns the last result, or fails if {@link
     * #failOnRetryableResult} is set. Default: none.
     *
     * @param predicate tests each result; if it throws, the call returns the result
     */
    public Builder retryResultIf(Predicate<@Nullable Object> predicate) {
      retryResultIf = Objects.requireNonNull(predicate, "retryResultIf");
      return this;
    }

    /**
     * Sets which failures end the call at once. It takes precedence over {@link #retryIf}. Default: none.
     *
     * @param predicate tests each failure before {@link #retryIf}; if it throws, the failure is not retried
     */
    public Builder abortIf(Predicate<? super Throwable> predicate) {
      abortIf.set(Objects.requireNonNull(predicate, "abortIf"));
      return this;
    }

    /**
     * Adds types of failures that end the call at once, subclasses included, besides those that {@link #abortIf}
     * matches. Default: none.
     *
     * @param types the types
     */
    @SafeVarargs
    public final Builder abortOn(Class<? extends Throwable>... types) {
      for (Class<? extends Throwable> type : types) {
        abortIf.add(Objects.requireNonNull(type, "type"));
      }
      return this;
    }

    /**
     * Sets the function that reads from a failure when the dependency accepts another attempt. The delay is then at
     * least that long, but never longer than the cap of the {@link #backoff}. A failure that requests nothing, or no
     * delay, has the delay of the backoff. Default: none.
     *
     * @param reader returns the request of a failure, or null; if it throws, there is no request
     */
    public Builder retryAfter(Function<? super Throwable, @Nullable RetryAfter> reader) {
      retryAfter = Objects.requireNonNull(reader, "retryAfter");
      return this;
    }

    /**
     * Sets the executor that runs further attempts of asynchronous calls. It takes precedence over {@link
     * io.aragora.resilience.ResilienceBuilder#executor}, and {@link io.aragora.resilience.Pipeline#on} over it. Default: that
     * of the runtime.
     *
     * @param executor an event loop, for instance, or a managed executor of a container; if it rejects an attempt, the call
     *     fails with a {@link java.util.concurrent.RejectedExecutionException}
     */
    public Builder executor(Executor executor) {
      this.executor = Objects.requireNonNull(executor, "executor");
      return this;
    }

    /**
     * Sets the function that reads the delay requested by a rejected result ({@link #retryResultIf}). For failures, see {@link
     * #retryAfter}. Default: none.
     *
     * @param reader returns the request of a result, or null; if it throws, there is no request
     */
    public Builder retryAfterResult(Function<@Nullable Object, @Nullable RetryAfter> reader) {
      retryAfterResult = Objects.requireNonNull(reader, "retryAfterResult");
      return this;
    }

    /**
     * Sets the budget, which bounds the load that retries add: if it has no retry left, the call ends as if the attempts
     * were used up. Default: none; share one among all retries of a dependency.
     *
     * @param budget the budget, usually {@code resilience.retryBudget(name)}
     */
    public Builder budget(RetryBudget budget) {
      this.budget = Objects.requireNonNull(budget, "budget");
      return this;
    }

    /**
     * Sets whether a call whose last result is still rejected ({@link #retryResultIf}) fails with a {@link
     * RetryExhaustedException} that has the result, so that a fallback can replace it and a breaker around this retry
     * counts a failure. Default false: the call returns the result.
     *
     * @param fail whether it fails
     */
    public Builder failOnRetryableResult(boolean fail) {
      failOnRetryableResult = fail;
      return this;
    }

    /**
     * Sets whether {@link #retryIf} also decides about the rejection of a policy inside this retry, such as a breaker or a
     * bulkhead. Default false, because an open breaker rejects the next attempt too. If true, the delay is the longer of the
     * backoff and {@link io.aragora.resilience.policy.CallRejectedException#retryAfter}, up to the cap of the backoff; the
     * call gives up at once if it has no time to wait that long.
     *
     * @param retry whether it decides
     */
    public Builder retryRejections(boolean retry) {
      retryRejections = retry;
      return this;
    }

    /**
     * Sets whether {@link #retryIf} also decides about an {@link InterruptedException} of the body, or a failure that has
     * one among its causes. Default false: such a failure ends the call. A thread whose interrupt flag is set never
     * retries.
     *
     * @param retry whether it decides
     */
    public Builder retryInterrupted(boolean retry) {
      retryInterrupted = retry;
      return this;
    }

    /**
     * Sets whether {@link #retryIf} also decides about a {@link java.util.concurrent.CancellationException} of the body.
     * Default false: such a failure ends the call. A call that its caller cancelled, or that a deadline ended, is never
     * retried.
     *
     * @param retry whether it decides
     */
    public Builder retryCancelled(boolean retry) {
      retryCancelled = retry;
      return this;
    }

    /**
     * Sets whether this retry retries inside another retry of the same runtime. Default false, because attempts would
     * multiply.
     *
     * @param retry whether it retries
     */
    public Builder retryWhenNested(boolean retry) {
      retryWhenNested = retry;
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

    /** {@return the settings} */
    public RetryConfig build() {
      return new RetryConfig(this);
    }
  }
}
