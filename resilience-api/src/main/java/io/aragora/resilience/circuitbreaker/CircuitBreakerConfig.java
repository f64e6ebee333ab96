package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.internal.FailureRule;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.retry.RetryAfter;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The config of a circuit breaker. Immutable; build one with {@link #builder()} or change a copy with {@link
 * #toBuilder()}.
 *
 * <p>Four rules open a breaker, and any of them may be on together: a number of consecutive failures ({@link
 * Builder#failureThreshold}, on by default), a number of failures in the window ({@link Builder#failureCountThreshold},
 * off by default), a share of failures in the window ({@link Builder#failureRateThreshold}, off by default), and a share
 * of slow calls in the window ({@link Builder#slowCallRateThreshold}, off by default). The window holds the calls of a
 * period ({@link Builder#window}, the default) or an exact number of the last calls ({@link Builder#countWindow}). Below
 * these thresholds, {@link Builder#throttle} lets a closed breaker reject a share of the calls that grows with the
 * failures; off by default.
 */
public final class CircuitBreakerConfig {
  private static final int DEFAULT_MINIMUM_NUMBER_OF_CALLS = 20;
  private static final int MAX_COUNT_WINDOW = 1_000_000;
  private static final int MAX_HALF_OPEN_CALLS = 100_000;
  private static final CircuitBreakerConfig DEFAULTS = builder().build();

  /** The default predicates: one object each, so that two declarations of the defaults are the same. */
  private enum Failures implements Predicate<Throwable> {
    ALL,
    NONE;

    @Override
    public boolean test(Throwable failure) {
      return this == ALL;
    }
  }

  private final int failureThreshold;
  private final int failureCountThreshold;
  private final double failureRateThreshold;
  private final double slowCallRateThreshold;
  private final Duration slowCallDuration;
  private final double throttle;
  private final int minimumNumberOfCalls;
  private final boolean minimumIsSet;
  private final Duration window;
  private final int countWindow;
  private final Duration cooldown;
  private final double cooldownBackoff;
  private final Duration maxCooldown;
  private final double cooldownJitter;
  private final int successThreshold;
  private final int halfOpenMaxCalls;
  private final Duration halfOpenMaxDuration;
  private final double halfOpenFailureRateThreshold;
  private final int halfOpenCalls;
  private final CircuitBreakerState initialState;
  private final Predicate<? super Throwable> recordIf;
  private final Predicate<? super Throwable> ignoreIf;
  private final @Nullable Predicate<@Nullable Object> recordResultIf;
  private final @Nullable Function<? super Throwable, @Nullable RetryAfter> cooldownFrom;
  private final @Nullable Function<? super CallNotPermittedException, ? extends RuntimeException>
      mapException;
  private final boolean recordInterrupted;
  private final boolean recordCancelled;
  private final boolean followsPeers;
  private final boolean ignoreExternalConfig;

  /**
   * Kept from its first use on, because each save of a breaker contains it. Two threads may both create it, and read
   * equal texts.
   */
  private @Nullable String text;

  private CircuitBreakerConfig(Builder builder) {
    failureThreshold = builder.failureThreshold;
    failureCountThreshold = builder.failureCountThreshold;
    failureRateThreshold = builder.failureRateThreshold;
    slowCallRateThreshold = builder.slowCallRateThreshold;
    slowCallDuration = builder.slowCallDuration;
    throttle = builder.throttle;
    minimumNumberOfCalls = builder.effectiveMinimum();
    minimumIsSet = builder.minimumNumberOfCalls != 0;
    window = builder.window;
    countWindow = builder.countWindow;
    cooldown = builder.cooldown;
    cooldownBackoff = builder.cooldownBackoff;
    maxCooldown = builder.maxCooldown;
    cooldownJitter = builder.cooldownJitter;
    successThreshold = builder.successThreshold;
    halfOpenMaxCalls = builder.halfOpenMaxCalls;
    halfOpenMaxDuration = builder.halfOpenMaxDuration;
    halfOpenFailureRateThreshold = builder.halfOpenFailureRateThreshold;
    halfOpenCalls = builder.halfOpenCalls;
    initialState = builder.initialState;
    recordIf = builder.recordIf.predicate(Failures.ALL);
    ignoreIf = builder.ignoreIf.predicate(Failures.NONE);
    recordResultIf = builder.recordResultIf;
    cooldownFrom = builder.cooldownFrom;
    mapException = builder.mapException;
    recordInterrupted = builder.recordInterrupted;
    recordCancelled = builder.recordCancelled;
    followsPeers = builder.followsPeers;
    ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /**
   * {@return the defaults: 5 consecutive failures open the breaker for 60 s; then 3 probes at a time, of which 2
   * successes close it}
   */
  public static CircuitBreakerConfig defaults() {
    return DEFAULTS;
  }

  /** {@return a new builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return a new builder with the settings of this config} */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.failureThreshold = failureThreshold;
    builder.failureCountThreshold = failureCountThreshold;
    builder.failureRateThreshold = failureRateThreshold;
    builder.slowCallRateThreshold = slowCallRateThreshold;
    builder.slowCallDuration = slowCallDuration;
    builder.throttle = throttle;
    // A default value continues to follow the length of the window.
    builder.minimumNumberOfCalls = minimumIsSet ? minimumNumberOfCalls : 0;
    builder.window = window;
    builder.countWindow = countWindow;
    builder.cooldown = cooldown;
    builder.cooldownBackoff = cooldownBackoff;
    builder.maxCooldown = maxCooldown;
    builder.cooldownJitter = cooldownJitter;
    builder.successThreshold = successThreshold;
    builder.halfOpenMaxCalls = halfOpenMaxCalls;
    builder.halfOpenMaxDuration = halfOpenMaxDuration;
    builder.halfOpenFailureRateThreshold = halfOpenFailureRateThreshold;
    builder.halfOpenCalls = halfOpenCalls;
    builder.initialState = initialState;
    builder.recordIf.setAll(recordIf, Failures.ALL);
    builder.ignoreIf.setAll(ignoreIf, Failures.NONE);
    builder.recordResultIf = recordResultIf;
    builder.cooldownFrom = cooldownFrom;
    builder.mapException = mapException;
    builder.recordInterrupted = recordInterrupted;
    builder.recordCancelled = recordCancelled;
    builder.followsPeers = followsPeers;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return the value of {@link Builder#failureThreshold}, in calls; 0 if the rule is off} */
  public int failureThreshold() {
    return failureThreshold;
  }

  /** {@return the value of {@link Builder#failureCountThreshold}, in calls; 0 if the rule is off} */
  public int failureCountThreshold() {
    return failureCountThreshold;
  }

  /** {@return the value of {@link Builder#failureRateThreshold}, in percent; 0 if the rule is off} */
  public double failureRateThreshold() {
    return failureRateThreshold;
  }

  /** {@return the value of {@link Builder#slowCallRateThreshold}, in percent; 0 if the rule is off} */
  public double slowCallRateThreshold() {
    return slowCallRateThreshold;
  }

  /** {@return the value of {@link Builder#slowCallDuration}; unused if {@link #slowCallRateThreshold()} is 0} */
  public Duration slowCallDuration() {
    return slowCallDuration;
  }

  /** {@return the value of {@link Builder#throttle}, a factor; 0 if a closed breaker rejects nothing} */
  public double throttle() {
    return throttle;
  }

  /** {@return the value of {@link Builder#minimumNumberOfCalls}, in calls} */
  public int minimumNumberOfCalls() {
    return minimumNumberOfCalls;
  }

  /** {@return the value of {@link Builder#window}; unused if {@link #countWindow()} is not 0} */
  public Duration window() {
    return window;
  }

  /** {@return the value of {@link Builder#countWindow}, in calls; 0 for a time window} */
  public int countWindow() {
    return countWindow;
  }

  /** {@return the value of {@link Builder#cooldown}} */
  public Duration cooldown() {
    return cooldown;
  }

  /** {@return the value of {@link Builder#cooldownBackoff}, a factor of at least 1} */
  public double cooldownBackoff() {
    return cooldownBackoff;
  }

  /** {@return the value of {@link Builder#maxCooldown}} */
  public Duration maxCooldown() {
    return maxCooldown;
  }

  /** {@return the value of {@link Builder#cooldownJitter}, a share from 0 to 1} */
  public double cooldownJitter() {
    return cooldownJitter;
  }

  /** {@return the value of {@link Builder#successThreshold}, in calls} */
  public int successThreshold() {
    return successThreshold;
  }

  /** {@return the value of {@link Builder#halfOpenMaxCalls}, in calls} */
  public int halfOpenMaxCalls() {
    return halfOpenMaxCalls;
  }

  /** {@return the value of {@link Builder#halfOpenMaxDuration}} */
  public Duration halfOpenMaxDuration() {
    return halfOpenMaxDuration;
  }

  /** {@return the value of {@link Builder#halfOpenFailureRateThreshold}, in percent; 0 if one failed probe opens} */
  public double halfOpenFailureRateThreshold() {
    return halfOpenFailureRateThreshold;
  }

  /** {@return the value of {@link Builder#halfOpenCalls}; unused if {@link #halfOpenFailureRateThreshold()} is 0} */
  public int halfOpenCalls() {
    return halfOpenCalls;
  }

  /** {@return the value of {@link Builder#initialState}} */
  public CircuitBreakerState initialState() {
    return initialState;
  }

  /** {@return the predicate of {@link Builder#recordIf}} */
  public Predicate<? super Throwable> recordIf() {
    return recordIf;
  }

  /** {@return the predicate of {@link Builder#ignoreIf}} */
  public Predicate<? super Throwable> ignoreIf() {
    return ignoreIf;
  }

  /** {@return the predicate of {@link Builder#recordResultIf}; null if no result counts as a failure} */
  public @Nullable Predicate<@Nullable Object> recordResultIf() {
    return recordResultIf;
  }

  /** {@return the function of {@link Builder#cooldownFrom}; null if no failure sets the cooldown} */
  public @Nullable Function<? super Throwable, @Nullable RetryAfter> cooldownFrom() {
    return cooldownFrom;
  }

  /** {@return the function of {@link Builder#mapException}; null if there is none} */
  public @Nullable Function<? super CallNotPermittedException, ? extends RuntimeException>
      mapException() {
    return mapException;
  }

  /** {@return the value of {@link Builder#recordInterrupted}} */
  public boolean recordInterrupted() {
    return recordInterrupted;
  }

  /** {@return the value of {@link Builder#recordCancelled}} */
  public boolean recordCancelled() {
    return recordCancelled;
  }

  /** {@return whether the breaker follows breakers of the same name in other instances} */
  public boolean followsPeers() {
    return followsPeers;
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
    DeclaredSettings.Builder all = DeclaredSettings.builder()
        .add("failureThreshold", failureThreshold)
        .add("failureRateThreshold", failureRateThreshold)
        .add("slowCallRateThreshold", slowCallRateThreshold)
        .add("slowCallDuration", slowCallDuration)
        .add("minimumNumberOfCalls", minimumNumberOfCalls);
    if (countWindow == 0) {
      all.add("window", window);
    } else {
      all.add("countWindow", countWindow);
    }
    all.add("cooldown", cooldown)
        .add("cooldownBackoff", cooldownBackoff)
        .add("maxCooldown", maxCooldown)
        .add("cooldownJitter", cooldownJitter)
        .add("successThreshold", successThreshold)
        .add("halfOpenMaxCalls", halfOpenMaxCalls)
        .add("halfOpenMaxDuration", halfOpenMaxDuration);
    addNewer(all, "followPeers", followsPeers, false);
    addNewer(all, "failureCountThreshold", failureCountThreshold, 0);
    addNewer(all, "throttle", throttle, 0.0);
    addNewer(all, "halfOpenFailureRateThreshold", halfOpenFailureRateThreshold, 0.0);
    addNewer(all, "halfOpenCalls", halfOpenCalls, Builder.DEFAULT_HALF_OPEN_CALLS);
    addNewer(all, "initialState", initialState, CircuitBreakerState.CLOSED);
    addNewer(all, "recordInterrupted", recordInterrupted, false);
    addNewer(all, "recordCancelled", recordCancelled, false);
    return all.addUnshown("recordIf", recordIf)
        .addUnshown("ignoreIf", ignoreIf)
        .addUnshown("recordResultIf", recordResultIf)
        .addUnshown("cooldownFrom", cooldownFrom)
        .addUnshown("mapException", mapException)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig)
        .build();
  }

  /** Saved states are compared by the text, so the default of a newer setting must not change it. */
  private static void addNewer(
      DeclaredSettings.Builder all, String name, Object value, Object defaultValue) {
    if (value.equals(defaultValue)) {
      all.addUnshown(name, value);
    } else {
      all.add(name, value);
    }
  }

  /**
   * Returns whether another config declares the same, functions included.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(CircuitBreakerConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Returns every setting that is not a function.
   *
   * @return the settings as {@code name=value}, separated by commas
   */
  @Override
  public String toString() {
    String present = text;
    if (present == null) {
      present = declaredSettings().toString();
      text = present;
    }
    return present;
  }

  /** Collects settings. Each setter checks its value, {@link #build()} their combination. Not thread-safe. */
  public static final class Builder {
    private static final int DEFAULT_HALF_OPEN_CALLS = 10;

    private int failureThreshold = 5;
    private int failureCountThreshold;
    private double failureRateThreshold;
    private double slowCallRateThreshold;
    private Duration slowCallDuration = Duration.ofSeconds(60);

    private double throttle;

    /** 0 until it is set. */
    private int minimumNumberOfCalls;

    private Duration window = Duration.ofSeconds(60);
    private int countWindow;
    private Duration cooldown = Duration.ofSeconds(60);
    private double cooldownBackoff = 1;
    private Duration maxCooldown = Duration.ofMinutes(10);
    private double cooldownJitter;
    private int successThreshold = 2;
    private int halfOpenMaxCalls = 3;
    private Duration halfOpenMaxDuration = Duration.ofSeconds(60);
    private double halfOpenFailureRateThreshold;
    private int halfOpenCalls = DEFAULT_HALF_OPEN_CALLS;
    private CircuitBreakerState initialState = CircuitBreakerState.CLOSED;
    private final FailureRule recordIf = new FailureRule();
    private final FailureRule ignoreIf = new FailureRule();
    private @Nullable Predicate<@Nullable Object> recordResultIf;
    private @Nullable Function<? super Throwable, @Nullable RetryAfter> cooldownFrom;
    private @Nullable Function<? super CallNotPermittedException, ? extends RuntimeException>
        mapException;
    private boolean recordInterrupted;
    private boolean recordCancelled;
    private boolean followsPeers;
    private boolean ignoreExternalConfig;

    private Builder() {}

    /**
     * Sets the number of consecutive failures that opens the breaker. Default 5.
     *
     * @param calls at least 1
     * @throws IllegalArgumentException if {@code calls} is less than 1
     */
    public Builder failureThreshold(int calls) {
      failureThreshold = Setting.atLeast("failureThreshold", 1, calls);
      return this;
    }

    /** Turns off the rule about consecutive failures. */
    public Builder noFailureThreshold() {
      failureThreshold = 0;
      return this;
    }

    /**
     * Sets the number of failures in the window that opens the breaker, whatever else the window holds. Successes in
     * between do not matter, nor does {@link #minimumNumberOfCalls}. Default off.
     *
     * @param calls at least 1, and at most {@link #countWindow} if there is one
     * @throws IllegalArgumentException if {@code calls} is less than 1
     */
    public Builder failureCountThreshold(int calls) {
      failureCountThreshold = Setting.atLeast("failureCountThreshold", 1, calls);
      return this;
    }

    /** Turns off the rule about the number of failures in the window, as it is by default. */
    public Builder noFailureCountThreshold() {
      failureCountThreshold = 0;
      return this;
    }

    /**
     * Sets the share of failures in the window that opens the breaker, once the window has {@link
     * #minimumNumberOfCalls}. Default off.
     *
     * @param percent in (0, 100]
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100]
     */
    public Builder failureRateThreshold(double percent) {
      failureRateThreshold = Setting.percent("failureRateThreshold", percent);
      return this;
    }

    /** Turns off the rule about the failure rate, as it is by default. */
    public Builder noFailureRateThreshold() {
      failureRateThreshold = 0;
      return this;
    }

    /**
     * Sets the share of slow calls in the window that opens the breaker, once the window has {@link
     * #minimumNumberOfCalls}. A call is slow if it takes {@link #slowCallDuration} or longer. Calls of a policy ({@code
     * call}, {@code callAsync}, …) count as slow as soon as they have taken that long, while they are in flight, so a
     * dependency that hangs opens the breaker while it hangs. Calls with a permit of your own count when the permit is
     * completed. A slow probe counts as failed. The rule costs every call two readings of the clock. Default off.
     *
     * @param percent in (0, 100]
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100]
     */
    public Builder slowCallRateThreshold(double percent) {
      slowCallRateThreshold = Setting.percent("slowCallRateThreshold", percent);
      return this;
    }

    /** Turns off the rule about slow calls, as it is by default. */
    public Builder noSlowCallRateThreshold() {
      slowCallRateThreshold = 0;
      return this;
    }

    /**
     * Sets the duration from which a call is slow. A call that ends while the whole process was suspended may not be found slow.
     * Default 60 s.
     *
     * @param length from 1 ms to 1 day
     * @throws IllegalArgumentException if {@code length} is shorter than 1 ms or longer than 1 day
     */
    public Builder slowCallDuration(Duration length) {
      Setting.positive("slowCallDuration", length);
      if (length.compareTo(Duration.ofMillis(1)) < 0 || length.compareTo(Duration.ofDays(1)) > 0) {
        throw new IllegalArgumentException("slowCallDuration must be in [1 ms, 1 d]: " + length);
      }
      slowCallDuration = length;
      return this;
    }

    /**
     * Sets the factor by which a closed breaker throttles: it rejects a share of the calls, which grows with the
     * failures, before a rule opens it. The share is {@code (calls - factor * successes) / (calls + 1)} of the window,
     * at least 0 and at most 0.9, once the window has {@link #minimumNumberOfCalls}. So it begins above a failure rate of
     * {@code 100 - 100 / factor} percent: 33 % with 1.5, 50 % with 2. A {@link #failureRateThreshold} at or below that
     * rate opens the breaker first. Default off.
     *
     * @param factor in (1, 10]
     * @throws IllegalArgumentException if {@code factor} is NaN or not in (1, 10]
     */
    public Builder throttle(double factor) {
      if (!(factor > 1 && factor <= 10)) {
        throw new IllegalArgumentException("throttle must be in (1, 10]: " + factor);
      }
      throttle = factor;
      return this;
    }

    /** Lets a closed breaker admit every call, as it does by default. */
    public Builder noThrottle() {
      throttle = 0;
      return this;
    }

    /**
     * Sets the number of calls that the window must hold before the failure rate and the slow-call rate can open the
     * breaker, and before it throttles. Default 20, or the length of a shorter {@link #countWindow}.
     *
     * @param calls at least 1
     * @throws IllegalArgumentException if {@code calls} is less than 1
     */
    public Builder minimumNumberOfCalls(int calls) {
      minimumNumberOfCalls = Setting.atLeast("minimumNumberOfCalls", 1, calls);
      return this;
    }

    /**
     * Sets how long an outcome counts toward the rates. It leaves the window after this time at the earliest, and at
     * most two fifteenths of it, or about 20 ms, later. Replaces a {@link #countWindow}. Default 60 s.
     *
     * @param length at least 100 ms and at most 106,751 days
     * @throws IllegalArgumentException if {@code length} is shorter than 100 ms or exceeds 106,751 days
     */
    public Builder window(Duration length) {
      window = Setting.positive("window", length);
      if (length.compareTo(Duration.ofMillis(100)) < 0) {
        throw new IllegalArgumentException("window must be at least 100 ms: " + length);
      }
      countWindow = 0;
      return this;
    }

    /**
     * Sets the exact number of last outcomes that count toward the rates, regardless of their age. All threads share one
     * word for it, so use a time {@link #window} for a breaker that many cores call at once. A window of more than 24 calls
     * takes a byte for each, a megabyte at most, and each key has its own. Replaces the {@link #window}. Default: none.
     *
     * @param calls in [1, 1,000,000]
     * @throws IllegalArgumentException if {@code calls} is not in [1, 1,000,000]
     */
    public Builder countWindow(int calls) {
      countWindow = Setting.inRange("countWindow", 1, MAX_COUNT_WINDOW, calls);
      return this;
    }

    /**
     * Sets how long the breaker stays open before it admits probes. Default 60 s.
     *
     * @param length positive and at most 106,751 days
     * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
     */
    public Builder cooldown(Duration length) {
      cooldown = Setting.positive("cooldown", length);
      return this;
    }

    /**
     * Sets the factor by which the cooldown grows each time the probes fail. Closing the breaker resets the growth.
     * Default 1: no growth.
     *
     * @param factor in [1, 100]
     * @throws IllegalArgumentException if {@code factor} is NaN or not in [1, 100]
     */
    public Builder cooldownBackoff(double factor) {
      cooldownBackoff = Setting.inRange("cooldownBackoff", 1, 100, factor);
      return this;
    }

    /**
     * Sets the longest cooldown that {@link #cooldownBackoff} or {@link #cooldownFrom} can reach; at least {@link
     * #cooldown} if the cooldown grows. Default 10 min.
     *
     * @param length positive and at most 106,751 days
     * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
     */
    public Builder maxCooldown(Duration length) {
      maxCooldown = Setting.positive("maxCooldown", length);
      return this;
    }

    /**
     * Sets the largest random extension of a cooldown, so that the instances of an application do not probe in step.
     * Default 0.
     *
     * @param share the share of the cooldown, 0 to 1
     * @throws IllegalArgumentException if {@code share} is NaN or not in [0, 1]
     */
    public Builder cooldownJitter(double share) {
      cooldownJitter = Setting.inRange("cooldownJitter", 0, 1, share);
      return this;
    }

    /**
     * Sets the function that reads a cooldown from the failure that opens the breaker, such as the {@code Retry-After}
     * of a response. That cooldown replaces {@link #cooldown} and its growth, up to {@link #maxCooldown}; {@link
     * #cooldownJitter} is added to it. Default none.
     *
     * @param function returns the cooldown as a delay, or as an instant, which is compared with the wall clock of the
     *     runtime; null, zero or a past instant means that the failure says nothing; if it throws, the cooldown is that
     *     of the settings, and the log shows it once. The failure of a future is given without its wrappers
     */
    public Builder cooldownFrom(Function<? super Throwable, @Nullable RetryAfter> function) {
      cooldownFrom = Objects.requireNonNull(function, "cooldownFrom");
      return this;
    }

    /**
     * Sets the number of successful probes that closes the breaker. Unused if there is a {@link
     * #halfOpenFailureRateThreshold}. Default 2.
     *
     * @param calls at least 1
     * @throws IllegalArgumentException if {@code calls} is less than 1
     */
    public Builder successThreshold(int calls) {
      successThreshold = Setting.atLeast("successThreshold", 1, calls);
      return this;
    }

    /**
     * Sets the largest number of probes in flight. Default 3.
     *
     * @param calls 1 to 1000
     * @throws IllegalArgumentException if {@code calls} is not in [1, 1000]
     */
    public Builder halfOpenMaxCalls(int calls) {
      halfOpenMaxCalls = Setting.inRange("halfOpenMaxCalls", 1, 1000, calls);
      return this;
    }

    /**
     * Sets how long a probe may keep its permit. The permit then expires and another probe may take it, so that the
     * breaker cannot stay half-open. A permit of a second or more may expire up to 21 ms early. Default 60 s.
     *
     * @param length 1 ms to 8 hours
     * @throws IllegalArgumentException if {@code length} is shorter than 1 ms or longer than 8 hours
     */
    public Builder halfOpenMaxDuration(Duration length) {
      if (length.compareTo(Duration.ofMillis(1)) < 0 || length.compareTo(Duration.ofHours(8)) > 0) {
        throw new IllegalArgumentException("halfOpenMaxDuration must be in [1 ms, 8 h]: " + length);
      }
      halfOpenMaxDuration = length;
      return this;
    }

    /**
     * Sets the share of failed probes that opens the breaker again. With it, {@link #halfOpenCalls} probes are judged
     * together, as soon as their outcomes decide: a single failed probe does not open, and {@link #successThreshold} is
     * not used. A slow probe counts as failed. Default off: one failed probe opens.
     *
     * @param percent in (0, 100]
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100]
     */
    public Builder halfOpenFailureRateThreshold(double percent) {
      halfOpenFailureRateThreshold = Setting.percent("halfOpenFailureRateThreshold", percent);
      return this;
    }

    /** Turns off the rule about the share of failed probes, as it is by default. */
    public Builder noHalfOpenFailureRateThreshold() {
      halfOpenFailureRateThreshold = 0;
      return this;
    }

    /**
     * Sets the number of probes that {@link #halfOpenFailureRateThreshold} judges. At most {@link #halfOpenMaxCalls} of
     * them are in flight at a time. Default 10.
     *
     * @param calls 1 to 100,000
     * @throws IllegalArgumentException if {@code calls} is not in [1, 100,000]
     */
    public Builder halfOpenCalls(int calls) {
      halfOpenCalls = Setting.inRange("halfOpenCalls", 1, MAX_HALF_OPEN_CALLS, calls);
      return this;
    }

    /**
     * Sets the state in which the breaker begins. An initial {@link CircuitBreakerState#OPEN} lasts for {@link
     * #cooldown}. A saved state replaces the initial one, except a closed state that was saved with other settings.
     * Default {@link CircuitBreakerState#CLOSED}.
     *
     * @param state the first state
     */
    public Builder initialState(CircuitBreakerState state) {
      initialState = Objects.requireNonNull(state, "initialState");
      return this;
    }

    /**
     * Sets which throwables count as a failure; the others count as a success, because the dependency answered. Default:
     * all.
     *
     * @param predicate tested after {@link #ignoreIf}; if it throws, the call counts as a failure
     */
    public Builder recordIf(Predicate<? super Throwable> predicate) {
      recordIf.set(Objects.requireNonNull(predicate, "recordIf"));
      return this;
    }

    /**
     * Adds types of throwables that count as a failure, subclasses included, besides those that {@link #recordIf}
     * matches. If only types are set, other throwables count as a success. Default: none.
     *
     * @param types the types
     */
    @SafeVarargs
    public final Builder recordOn(Class<? extends Throwable>... types) {
      for (Class<? extends Throwable> type : types) {
        recordIf.add(Objects.requireNonNull(type, "type"));
      }
      return this;
    }

    /**
     * Sets which throwables are neither success nor failure. Default: none. Cancellation and interruption from outside
     * never count, regardless of this setting; those of the body only with {@link #recordCancelled} and {@link
     * #recordInterrupted}.
     *
     * @param predicate tested first; if it throws, the call counts as a failure
     */
    public Builder ignoreIf(Predicate<? super Throwable> predicate) {
      ignoreIf.set(Objects.requireNonNull(predicate, "ignoreIf"));
      return this;
    }

    /**
     * Adds types of throwables that are neither success nor failure, subclasses included, besides those that {@link
     * #ignoreIf} matches. Default: none.
     *
     * @param types the types
     */
    @SafeVarargs
    public final Builder ignoreOn(Class<? extends Throwable>... types) {
      for (Class<? extends Throwable> type : types) {
        ignoreIf.add(Objects.requireNonNull(type, "type"));
      }
      return this;
    }

    /**
     * Sets which results count as a failure, for dependencies that report errors in their answers. Default: none.
     *
     * @param predicate tests every result; if it throws, the call counts as a failure
     */
    public Builder recordResultIf(Predicate<@Nullable Object> predicate) {
      recordResultIf = Objects.requireNonNull(predicate, "recordResultIf");
      return this;
    }

    /**
     * Sets the function that maps the {@link CallNotPermittedException} of a rejected call to another exception. A
     * retry around the breaker sees the mapped one. {@link CircuitBreaker#tryCall} returns the original. Default: none.
     *
     * @param function returns the exception; if it throws or returns null, the call fails with the original, in which
     *     the failure of the function is suppressed
     */
    public Builder mapException(
        Function<? super CallNotPermittedException, ? extends RuntimeException> function) {
      mapException = Objects.requireNonNull(function, "mapException");
      return this;
    }

    /**
     * Sets whether an {@link InterruptedException} of the body, or a failure that has one among its causes, counts as
     * {@link #ignoreIf} and {@link #recordIf} say. If the interrupt flag of the thread is set, it never counts. Default
     * false: it counts as neither.
     *
     * @param record whether it counts
     */
    public Builder recordInterrupted(boolean record) {
      recordInterrupted = record;
      return this;
    }

    /**
     * Sets whether a {@link java.util.concurrent.CancellationException} of the body counts as {@link #ignoreIf} and
     * {@link #recordIf} say. A call that its caller cancelled never counts. Default false: it counts as neither.
     *
     * @param record whether it counts
     */
    public Builder recordCancelled(boolean record) {
      recordCancelled = record;
      return this;
    }

    /**
     * Sets whether this breaker opens when the breaker of the same name opens in another instance of the application,
     * for the rest of its cooldown. Needs a state store that the instances share and that reports changes, such as
     * PostgreSQL; with any other store it has no effect. Only openings are followed: each instance probes and closes by
     * itself. Default: no.
     *
     * @param shared whether it follows
     */
    public Builder followPeers(boolean shared) {
      followsPeers = shared;
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

    private int effectiveMinimum() {
      if (minimumNumberOfCalls != 0) {
        return minimumNumberOfCalls;
      }
      return countWindow == 0
          ? DEFAULT_MINIMUM_NUMBER_OF_CALLS
          : Math.min(DEFAULT_MINIMUM_NUMBER_OF_CALLS, countWindow);
    }

    /**
     * Builds the settings.
     *
     * @return the settings
     * @throws IllegalArgumentException if no rule is on, if a {@code countWindow} cannot hold the {@code
     *     minimumNumberOfCalls} or the {@code failureCountThreshold}, or if {@code maxCooldown} is shorter than {@code
     *     cooldown} while the cooldown grows
     */
    public CircuitBreakerConfig build() {
      if (failureThreshold == 0
          && failureCountThreshold == 0
          && failureRateThreshold == 0
          && slowCallRateThreshold == 0) {
        throw new IllegalArgumentException("failureThreshold, failureCountThreshold,"
            + " failureRateThreshold or slowCallRateThreshold must be set: none is");
      }
      if (countWindow != 0 && failureCountThreshold > countWindow) {
        throw new IllegalArgumentException("failureCountThreshold must be at most countWindow, "
            + countWindow + ": " + failureCountThreshold);
      }
      if (countWindow != 0 && effectiveMinimum() > countWindow) {
        throw new IllegalArgumentException("minimumNumberOfCalls must be at most countWindow, "
            + countWindow + ": " + minimumNumberOfCalls);
      }
      if (cooldownBackoff > 1 && maxCooldown.compareTo(cooldown) < 0) {
        throw new IllegalArgumentException(
            "maxCooldown must be at least cooldown, " + cooldown + ": " + maxCooldown);
      }
      return new CircuitBreakerConfig(this);
    }
  }
}
