package io.aragora.resilience.retry;

import io.aragora.resilience.spi.DeclaredSettings;
import io.aragora.resilience.spi.Setting;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a retry. Immutable; build one with {@link #builder()} or change a copy with {@link #toBuilder()}.
 */
public final class RetryConfig {
  private static final RetryConfig DEFAULTS = builder().build();

  private final int maxAttempts;
  private final Backoff backoff;
  private final Duration maxDuration;
  private final Predicate<? super Throwable> retryIf;
  private final @Nullable Predicate<@Nullable Object> retryOnResult;
  private final @Nullable Predicate<? super Throwable> abortIf;
  private final @Nullable Function<? super Throwable, @Nullable RetryAfter> retryAfter;
  private final @Nullable Function<@Nullable Object, @Nullable RetryAfter> retryAfterResult;
  private final @Nullable RetryBudget budget;
  private final String budgetName;
  private final boolean retryRejections;
  private final boolean retryWhenNested;
  private final boolean pinned;

  private RetryConfig(Builder builder) {
    maxAttempts = builder.maxAttempts;
    backoff = builder.backoff;
    maxDuration = builder.maxDuration;
    retryIf = builder.retryIf;
    retryOnResult = builder.retryOnResult;
    abortIf = builder.abortIf;
    retryAfter = builder.retryAfter;
    retryAfterResult = builder.retryAfterResult;
    budget = builder.budget;
    budgetName = budget == null ? "none" : budget.name();
    retryRejections = builder.retryRejections;
    retryWhenNested = builder.retryWhenNested;
    pinned = builder.pinned;
  }

  /**
   * Gives the defaults: 3 attempts, exponential from 100 ms to 30 s with a quarter of jitter, for transient failures.
   *
   * @return the defaults
   */
  public static RetryConfig defaults() {
    return DEFAULTS;
  }

  /**
   * Starts from the defaults.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Gives what is retried by default: {@link java.io.IOException} and its kin, but not files that are missing or
   * forbidden, {@link java.util.concurrent.TimeoutException} and {@link
   * io.aragora.resilience.timeout.TimeoutExceededException}.
   *
   * @return the predicate
   */
  public static Predicate<Throwable> transientFailures() {
    return TransientFailures.INSTANCE;
  }

  /**
   * Starts from these settings.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxAttempts = maxAttempts;
    builder.backoff = backoff;
    builder.maxDuration = maxDuration;
    builder.retryIf = retryIf;
    builder.retryOnResult = retryOnResult;
    builder.abortIf = abortIf;
    builder.retryAfter = retryAfter;
    builder.retryAfterResult = retryAfterResult;
    builder.budget = budget;
    builder.retryRejections = retryRejections;
    builder.retryWhenNested = retryWhenNested;
    builder.pinned = pinned;
    return builder;
  }

  /**
   * Gives {@link Builder#maxAttempts}.
   *
   * @return attempts, the first included
   */
  public int maxAttempts() {
    return maxAttempts;
  }

  /**
   * Gives {@link Builder#backoff}.
   *
   * @return the backoff
   */
  public Backoff backoff() {
    return backoff;
  }

  /**
   * Gives {@link Builder#maxDuration}.
   *
   * @return the length
   */
  public Duration maxDuration() {
    return maxDuration;
  }

  /**
   * Gives {@link Builder#retryIf}.
   *
   * @return the predicate
   */
  public Predicate<? super Throwable> retryIf() {
    return retryIf;
  }

  /**
   * Gives {@link Builder#retryOnResult}.
   *
   * @return the predicate, or null where every result is good
   */
  public @Nullable Predicate<@Nullable Object> retryOnResult() {
    return retryOnResult;
  }

  /**
   * Gives {@link Builder#abortIf}.
   *
   * @return the predicate, or null where {@link #retryIf} alone decides
   */
  public @Nullable Predicate<? super Throwable> abortIf() {
    return abortIf;
  }

  /**
   * Gives {@link Builder#retryAfter}.
   *
   * @return the function, or null where failures ask for nothing
   */
  public @Nullable Function<? super Throwable, @Nullable RetryAfter> retryAfter() {
    return retryAfter;
  }

  /**
   * Gives {@link Builder#retryAfterResult}.
   *
   * @return the function, or null where results ask for nothing
   */
  public @Nullable Function<@Nullable Object, @Nullable RetryAfter> retryAfterResult() {
    return retryAfterResult;
  }

  /**
   * Gives {@link Builder#budget}.
   *
   * @return the budget, or null where there is none
   */
  public @Nullable RetryBudget budget() {
    return budget;
  }

  /**
   * Gives {@link Builder#retryRejections}.
   *
   * @return whether a breaker's refusal is retried
   */
  public boolean retryRejections() {
    return retryRejections;
  }

  /**
   * Gives {@link Builder#retryWhenNested}.
   *
   * @return whether this retry retries inside another
   */
  public boolean retryWhenNested() {
    return retryWhenNested;
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
        .add("maxAttempts", maxAttempts)
        .add("backoff", backoff)
        .add("maxDuration", maxDuration)
        .add("budget", budget, budgetName)
        .add("retryRejections", retryRejections)
        .add("retryWhenNested", retryWhenNested)
        .addUnshown("retryIf", retryIf)
        .addUnshown("abortIf", abortIf)
        .addUnshown("retryOnResult", retryOnResult)
        .addUnshown("retryAfter", retryAfter)
        .addUnshown("retryAfterResult", retryAfterResult)
        .addUnshown("pinned", pinned)
        .build();
  }

  /**
   * Returns whether two configurations declare the same, functions included.
   *
   * @param other another configuration
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(RetryConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Shows every setting that is not a function.
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
    private Predicate<? super Throwable> retryIf = TransientFailures.INSTANCE;
    private @Nullable Predicate<@Nullable Object> retryOnResult;
    private @Nullable Predicate<? super Throwable> abortIf;
    private @Nullable Function<? super Throwable, @Nullable RetryAfter> retryAfter;
    private @Nullable Function<@Nullable Object, @Nullable RetryAfter> retryAfterResult;
    private @Nullable RetryBudget budget;
    private boolean retryRejections;
    private boolean retryWhenNested;
    private boolean pinned;

    private Builder() {}

    /**
     * Sets how many times the body runs at most, the first time included. Default 3.
     *
     * @param attempts at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code attempts} is smaller
     */
    public Builder maxAttempts(int attempts) {
      maxAttempts = Setting.atLeast("maxAttempts", 1, attempts);
      return this;
    }

    /**
     * Sets how long to wait between attempts. Default: exponential from 100 ms, capped at 30 s.
     *
     * @param backoff the backoff
     * @return this builder
     */
    public Builder backoff(Backoff backoff) {
      this.backoff = Objects.requireNonNull(backoff, "backoff");
      return this;
    }

    /**
     * Sets when to stop: no attempt starts later than this after the first. Default: no limit but the attempts.
     *
     * @param length positive and at most 365 days
     * @return this builder
     * @throws IllegalArgumentException if {@code length} is outside
     */
    public Builder maxDuration(Duration length) {
      maxDuration = Setting.positive("maxDuration", length);
      return this;
    }

    /**
     * Sets which failures are retried; this alone decides, except for cancellation, interruption and (unless {@link
     * #retryRejections}) a breaker's refusal, which are not retried. Default: {@link RetryConfig#transientFailures()}.
     *
     * @param predicate asked after each failure; where it throws itself, the failure is not retried
     * @return this builder
     */
    public Builder retryIf(Predicate<? super Throwable> predicate) {
      retryIf = Objects.requireNonNull(predicate, "retryIf");
      return this;
    }

    /**
     * Sets which results are not good enough. When the attempts are used up, the last result is returned. Default: none.
     *
     * @param predicate asked for each result; where it throws itself, the result is returned
     * @return this builder
     */
    public Builder retryOnResult(Predicate<@Nullable Object> predicate) {
      retryOnResult = Objects.requireNonNull(predicate, "retryOnResult");
      return this;
    }

    /**
     * Sets which failures end the call at once, whatever {@link #retryIf} says of them. Default: none.
     *
     * @param predicate asked after each failure, before {@link #retryIf}; where it throws itself, the failure is not retried
     * @return this builder
     */
    public Builder abortIf(Predicate<? super Throwable> predicate) {
      abortIf = Objects.requireNonNull(predicate, "abortIf");
      return this;
    }

    /**
     * Sets where a failure says when to come back. The wait is then at least as long, though never longer than the cap of
     * the {@link #backoff}; a failure that asks for nothing, or for no wait at all, gets the backoff's delay. Default: failures
     * say nothing.
     *
     * @param reader gives what a failure asks for, or null; where it throws, the failure asks for nothing
     * @return this builder
     */
    public Builder retryAfter(Function<? super Throwable, @Nullable RetryAfter> reader) {
      retryAfter = Objects.requireNonNull(reader, "retryAfter");
      return this;
    }

    /**
     * Sets where a refused result ({@link #retryOnResult}) says when to come back, as {@link #retryAfter} does for failures.
     * Default: results say nothing.
     *
     * @param reader gives what a result asks for, or null; where it throws, the result asks for nothing
     * @return this builder
     */
    public Builder retryAfterResult(Function<@Nullable Object, @Nullable RetryAfter> reader) {
      retryAfterResult = Objects.requireNonNull(reader, "retryAfterResult");
      return this;
    }

    /**
     * Sets what bounds the load that retries add: where it has none left, the call ends as if the attempts were used up.
     * Default: none; share one among all retries of a dependency.
     *
     * @param budget the budget, usually {@code resilience.retryBudget(name)}
     * @return this builder
     */
    public Builder budget(RetryBudget budget) {
      this.budget = Objects.requireNonNull(budget, "budget");
      return this;
    }

    /**
     * Sets whether the refusal of a breaker inside is asked about like any other failure. Default false: an open breaker
     * says that trying again is of no use yet.
     *
     * @param retry whether to ask {@link #retryIf} about it
     * @return this builder
     */
    public Builder retryRejections(boolean retry) {
      retryRejections = retry;
      return this;
    }

    /**
     * Sets whether this retry retries inside another retry of the same runtime. Default false: it stands down, because
     * attempts would multiply.
     *
     * @param retry whether to
     * @return this builder
     */
    public Builder retryWhenNested(boolean retry) {
      retryWhenNested = retry;
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
     */
    public RetryConfig build() {
      return new RetryConfig(this);
    }
  }
}
