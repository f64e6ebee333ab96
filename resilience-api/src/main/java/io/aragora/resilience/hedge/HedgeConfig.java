package io.aragora.resilience.hedge;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The config of a hedge. Immutable; build one with {@link #forIdempotentCalls()} or change a copy with {@link #toBuilder()}.
 */
public final class HedgeConfig {
  private static final int MOST_HEDGES = 5;
  private static final Duration LONGEST_DELAY = Duration.ofDays(365);

  private final @Nullable Duration delay;
  private final double percent;
  private final Duration leastDelay;
  private final Duration mostDelay;
  private final int maxHedges;
  private final @Nullable RetryBudget budget;
  private final Predicate<? super Throwable> hedgeOn;
  private final @Nullable Predicate<@Nullable Object> acceptResult;
  private final @Nullable Consumer<@Nullable Object> onLoser;
  private final boolean ignoreExternalConfig;

  private HedgeConfig(Builder builder) {
    delay = builder.delay;
    percent = builder.percent;
    leastDelay = builder.leastDelay;
    mostDelay = builder.mostDelay;
    maxHedges = builder.maxHedges;
    budget = builder.budget;
    hedgeOn = builder.hedgeOn;
    acceptResult = builder.acceptResult;
    onLoser = builder.onLoser;
    ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /**
   * Returns a new builder. Its name is a reminder: a body that is hedged may run several times, side by side, so it must be
   * idempotent.
   *
   * @return a builder without a delay, which {@link Builder#build()} requires
   */
  public static Builder forIdempotentCalls() {
    return new Builder();
  }

  /** {@return a new builder with the settings of this config} */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.delay = delay;
    builder.percent = percent;
    builder.leastDelay = leastDelay;
    builder.mostDelay = mostDelay;
    builder.maxHedges = maxHedges;
    builder.budget = budget;
    builder.hedgeOn = hedgeOn;
    builder.acceptResult = acceptResult;
    builder.onLoser = onLoser;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return the value of {@link Builder#delay}; null if the delay follows the latencies} */
  public @Nullable Duration delay() {
    return delay;
  }

  /** {@return the percentile of {@link Builder#delayFromLatency}; 0 if the delay is fixed} */
  public double percent() {
    return percent;
  }

  /** {@return the shortest delay of {@link Builder#delayFromLatency}; zero if the delay is fixed} */
  public Duration leastDelay() {
    return leastDelay;
  }

  /** {@return the longest delay of {@link Builder#delayFromLatency}; zero if the delay is fixed} */
  public Duration mostDelay() {
    return mostDelay;
  }

  /** {@return the value of {@link Builder#maxHedges}; 0 if hedging is turned off} */
  public int maxHedges() {
    return maxHedges;
  }

  /** {@return the value of {@link Builder#budget}; null if the hedge has one of its own} */
  public @Nullable RetryBudget budget() {
    return budget;
  }

  /** {@return the predicate of {@link Builder#hedgeOn}} */
  public Predicate<? super Throwable> hedgeOn() {
    return hedgeOn;
  }

  /** {@return the predicate of {@link Builder#acceptResult}; null if every result is accepted} */
  public @Nullable Predicate<@Nullable Object> acceptResult() {
    return acceptResult;
  }

  /** {@return the consumer of {@link Builder#onLoser}; null if results that no caller receives are dropped} */
  public @Nullable Consumer<@Nullable Object> onLoser() {
    return onLoser;
  }

  /** {@return whether settings outside the code are ignored} */
  public boolean ignoresExternalConfig() {
    return ignoreExternalConfig;
  }

  /**
   * Returns every setting by its name. Functions and {@code ignoreExternalConfig} are compared and not shown.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    DeclaredSettings.Builder all = DeclaredSettings.builder();
    if (delay != null) {
      all.add("delay", delay);
    } else {
      all.add("percent", percent).add("leastDelay", leastDelay).add("mostDelay", mostDelay);
    }
    return all.add("maxHedges", maxHedges)
        .add("budget", budget, budget == null ? "own" : budget.name())
        .addUnshown("hedgeOn", hedgeOn)
        .addUnshown("acceptResult", acceptResult)
        .addUnshown("onLoser", onLoser)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig)
        .build();
  }

  /**
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(HedgeConfig other) {
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
    private @Nullable Duration delay;
    private double percent;
    private Duration leastDelay = Duration.ZERO;
    private Duration mostDelay = Duration.ZERO;
    private int maxHedges = 1;
    private @Nullable RetryBudget budget;
    private Predicate<? super Throwable> hedgeOn = RetryConfig.transientFailures();
    private @Nullable Predicate<@Nullable Object> acceptResult;
    private @Nullable Consumer<@Nullable Object> onLoser;
    private boolean ignoreExternalConfig;

    private Builder() {}

    /**
     * Sets the delay after which a call is hedged; a further hedge follows after the same delay. Replaces {@link
     * #delayFromLatency}. There is no default.
     *
     * @param duration in [0, 365 days]; zero starts all attempts together
     * @throws IllegalArgumentException if {@code duration} is negative or exceeds 365 days
     */
    public Builder delay(Duration duration) {
      if (duration.isNegative() || duration.compareTo(LONGEST_DELAY) > 0) {
        throw new IllegalArgumentException("delay must be in [0, 365 days]: " + duration);
      }
      delay = duration;
      percent = 0;
      leastDelay = Duration.ZERO;
      mostDelay = Duration.ZERO;
      return this;
    }

    /**
     * Lets the delay follow the latencies of the first attempts: it is their percentile in the last minute, computed once a
     * second. Until 100 of them have ended, it is {@code most}. An attempt that lost counts with its age when it was cancelled.
     * Replaces {@link #delay}. There is no default.
     *
     * @param percent in (50, 100): 95 hedges about one call in twenty
     * @param least the shortest delay, positive
     * @param most the longest delay, at most 365 days
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (50, 100), if {@code least} is not positive or
     *     exceeds {@code most}, or if {@code most} exceeds 365 days
     */
    public Builder delayFromLatency(double percent, Duration least, Duration most) {
      if (!(percent > 50 && percent < 100)) {
        throw new IllegalArgumentException("percent must be in (50, 100): " + percent);
      }
      checkBounds(least, most);
      this.percent = percent;
      leastDelay = least;
      mostDelay = most;
      delay = null;
      return this;
    }

    /**
     * Sets the shortest delay of {@link #delayFromLatency}, which must be set before. There is no default.
     *
     * @param least positive and at most the longest delay, which {@link #build()} checks
     * @throws IllegalArgumentException if {@code least} is not positive
     */
    public Builder leastDelay(Duration least) {
      leastDelay = Setting.positive("leastDelay", least);
      return this;
    }

    /**
     * Sets the longest delay of {@link #delayFromLatency}, which must be set before. There is no default.
     *
     * @param most positive and at most 365 days; at least the shortest delay, which {@link #build()} checks
     * @throws IllegalArgumentException if {@code most} is not positive or exceeds 365 days
     */
    public Builder mostDelay(Duration most) {
      mostDelay = Setting.positive("mostDelay", most);
      if (most.compareTo(LONGEST_DELAY) > 0) {
        throw new IllegalArgumentException("mostDelay must be at most 365 days: " + most);
      }
      return this;
    }

    private static void checkBounds(Duration least, Duration most) {
      Setting.positive("least", least);
      Setting.positive("most", most);
      if (least.compareTo(most) > 0) {
        throw new IllegalArgumentException("least must be at most most: " + least + ", " + most);
      }
      if (most.compareTo(LONGEST_DELAY) > 0) {
        throw new IllegalArgumentException("most must be at most 365 days: " + most);
      }
    }

    /**
     * Sets how many hedges a call may start, besides its first attempt. Default 1.
     *
     * @param hedges in [1, 5]
     * @throws IllegalArgumentException if {@code hedges} is not in [1, 5]
     */
    public Builder maxHedges(int hedges) {
      maxHedges = Setting.inRange("maxHedges", 1, MOST_HEDGES, hedges);
      return this;
    }

    /** Turns hedging off, as {@code maxHedges=0} outside the code does. {@link #maxHedges} turns it on again. Default: on. */
    public Builder noHedges() {
      maxHedges = 0;
      return this;
    }

    /**
     * Sets the budget that each hedge takes a token from, usually that of the retries of the same dependency. Successful calls
     * credit it; under a retry with the same budget, the retry does. Default: one of its own, with a capacity of 10, a ratio of
     * 0.05, and none per second.
     *
     * @param budget the budget; if it throws, the call is not hedged
     */
    public Builder budget(RetryBudget budget) {
      this.budget = Objects.requireNonNull(budget, "budget");
      return this;
    }

    /**
     * Sets after which failures of an attempt the next one starts at once. After all other failures of the first attempt the
     * call ends. Rejections, cancellations by the caller and interrupts are never hedged. Let it not match a response that asks callers to
     * slow down, such as HTTP 429 or 503. Default: {@link RetryConfig#transientFailures()}.
     *
     * @param predicate tests each failure; if it throws, the failure is not hedged
     */
    public Builder hedgeOn(Predicate<? super Throwable> predicate) {
      hedgeOn = Objects.requireNonNull(predicate, "hedgeOn");
      return this;
    }

    /**
     * Sets which results end the call. Another result counts as a failed attempt; if no attempt does better, the call returns
     * that of its first one. Default: all.
     *
     * @param predicate tests each result; if it throws, the result is accepted
     */
    public Builder acceptResult(Predicate<@Nullable Object> predicate) {
      acceptResult = Objects.requireNonNull(predicate, "acceptResult");
      return this;
    }

    /**
     * Sets what becomes of results that no caller receives, because another attempt won. Called once for each. Default: they
     * are dropped.
     *
     * @param consumer closes a result, for instance; runs on a thread of the runtime, so one that blocks holds up no call; on the
     *     thread that has the result if 1,024 results wait or the runtime is closed; its first exception is logged
     */
    public Builder onLoser(Consumer<@Nullable Object> consumer) {
      onLoser = Objects.requireNonNull(consumer, "onLoser");
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
     * @throws IllegalArgumentException if neither {@link #delay} nor {@link #delayFromLatency} is set, or if {@link #leastDelay}
     *     or {@link #mostDelay} is set without the latter or exceeds the other
     */
    public HedgeConfig build() {
      if (percent > 0) {
        checkBounds(leastDelay, mostDelay);
      } else if (delay == null) {
        throw new IllegalArgumentException("delay must be set: it has no default");
      } else if (!leastDelay.isZero() || !mostDelay.isZero()) {
        throw new IllegalArgumentException(
            "leastDelay and mostDelay need delayFromLatency: " + leastDelay + ", " + mostDelay);
      }
      return new HedgeConfig(this);
    }
  }
}
