package io.aragora.resilience.circuitbreaker;

import io.aragora.resilience.spi.DeclaredSettings;
import io.aragora.resilience.spi.Setting;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a circuit breaker. Immutable; build one with {@link #builder()} or change a copy with {@link
 * #toBuilder()}.
 *
 * <p>Three rules open a breaker, and any of them may be on together: a number of failures in a row ({@link
 * Builder#failureThreshold}, on by default), a share of failures in the window ({@link Builder#failureRateThreshold}, off by
 * default), and a share of slow calls in it ({@link Builder#slowCallRateThreshold}, off by default). The window holds the
 * calls of the last while ({@link Builder#window}, the default) or an exact number of the last ones ({@link
 * Builder#countWindow}).
 */
public final class CircuitBreakerConfig {
  private static final int DEFAULT_MINIMUM_NUMBER_OF_CALLS = 20;
  private static final int MAX_COUNT_WINDOW = 100_000;
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
  private final double failureRateThreshold;
  private final double slowCallRateThreshold;
  private final Duration slowCallDuration;
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
  private final Predicate<? super Throwable> recordIf;
  private final Predicate<? super Throwable> ignoreIf;
  private final @Nullable Predicate<@Nullable Object> recordResultIf;
  private final boolean sharesState;
  private final boolean pinned;

  /** Written once, because each save of a breaker has it. */
  private final String text;

  private CircuitBreakerConfig(Builder builder) {
    failureThreshold = builder.failureThreshold;
    failureRateThreshold = builder.failureRateThreshold;
    slowCallRateThreshold = builder.slowCallRateThreshold;
    slowCallDuration = builder.slowCallDuration;
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
    recordIf = builder.recordIf;
    ignoreIf = builder.ignoreIf;
    recordResultIf = builder.recordResultIf;
    sharesState = builder.sharesState;
    pinned = builder.pinned;
    text = declaredSettings().toString();
  }

  /**
   * Gives the defaults: opens after 5 failures in a row, for 60 s; then 3 probes at a time, of which 2 close it.
   *
   * @return the defaults
   */
  public static CircuitBreakerConfig defaults() {
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
   * Starts from these settings.
   *
   * @return a new builder
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.failureThreshold = failureThreshold;
    builder.failureRateThreshold = failureRateThreshold;
    builder.slowCallRateThreshold = slowCallRateThreshold;
    builder.slowCallDuration = slowCallDuration;
    // A default goes on following the length of the window.
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
    builder.recordIf = recordIf;
    builder.ignoreIf = ignoreIf;
    builder.recordResultIf = recordResultIf;
    builder.sharesState = sharesState;
    builder.pinned = pinned;
    return builder;
  }

  /**
   * Gives {@link Builder#failureThreshold}.
   *
   * @return calls; 0 where the rule is off
   */
  public int failureThreshold() {
    return failureThreshold;
  }

  /**
   * Gives {@link Builder#failureRateThreshold}.
   *
   * @return percent; 0 where the rule is off
   */
  public double failureRateThreshold() {
    return failureRateThreshold;
  }

  /**
   * Gives {@link Builder#slowCallRateThreshold}.
   *
   * @return percent; 0 where the rule is off
   */
  public double slowCallRateThreshold() {
    return slowCallRateThreshold;
  }

  /**
   * Gives {@link Builder#slowCallDuration}.
   *
   * @return the length; without effect where {@link #slowCallRateThreshold()} is 0
   */
  public Duration slowCallDuration() {
    return slowCallDuration;
  }

  /**
   * Gives {@link Builder#minimumNumberOfCalls}.
   *
   * @return calls
   */
  public int minimumNumberOfCalls() {
    return minimumNumberOfCalls;
  }

  /**
   * Gives {@link Builder#window}.
   *
   * @return the length; without effect where {@link #countWindow()} is not 0
   */
  public Duration window() {
    return window;
  }

  /**
   * Gives {@link Builder#countWindow}.
   *
   * @return calls; 0 where the window is one of time
   */
  public int countWindow() {
    return countWindow;
  }

  /**
   * Gives {@link Builder#cooldown}.
   *
   * @return the length
   */
  public Duration cooldown() {
    return cooldown;
  }

  /**
   * Gives the factor of {@link Builder#cooldownBackoff}.
   *
   * @return the factor, at least 1
   */
  public double cooldownBackoff() {
    return cooldownBackoff;
  }

  /**
   * Gives the cap of {@link Builder#cooldownBackoff}.
   *
   * @return the longest cooldown
   */
  public Duration maxCooldown() {
    return maxCooldown;
  }

  /**
   * Gives {@link Builder#cooldownJitter}.
   *
   * @return the share, 0 to 1
   */
  public double cooldownJitter() {
    return cooldownJitter;
  }

  /**
   * Gives {@link Builder#successThreshold}.
   *
   * @return calls
   */
  public int successThreshold() {
    return successThreshold;
  }

  /**
   * Gives {@link Builder#halfOpenMaxCalls}.
   *
   * @return calls
   */
  public int halfOpenMaxCalls() {
    return halfOpenMaxCalls;
  }

  /**
   * Gives {@link Builder#halfOpenMaxDuration}.
   *
   * @return the length
   */
  public Duration halfOpenMaxDuration() {
    return halfOpenMaxDuration;
  }

  /**
   * Gives {@link Builder#recordIf}.
   *
   * @return the predicate
   */
  public Predicate<? super Throwable> recordIf() {
    return recordIf;
  }

  /**
   * Gives {@link Builder#ignoreIf}.
   *
   * @return the predicate
   */
  public Predicate<? super Throwable> ignoreIf() {
    return ignoreIf;
  }

  /**
   * Gives {@link Builder#recordResultIf}.
   *
   * @return the predicate, or null where no result counts as a failure
   */
  public @Nullable Predicate<@Nullable Object> recordResultIf() {
    return recordResultIf;
  }

  /**
   * Gives {@link Builder#shareState}.
   *
   * @return whether it follows the breakers of the same name in other instances
   */
  public boolean sharesState() {
    return sharesState;
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
    // What is saved is compared by the text, so that shows what it showed before this setting.
    if (sharesState) {
      all.add("shareState", true);
    } else {
      all.addUnshown("shareState", false);
    }
    return all.addUnshown("recordIf", recordIf)
        .addUnshown("ignoreIf", ignoreIf)
        .addUnshown("recordResultIf", recordResultIf)
        .addUnshown("pinned", pinned)
        .build();
  }

  /**
   * Returns whether two configurations declare the same, functions included.
   *
   * @param other another configuration
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(CircuitBreakerConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Shows every setting that is not a function.
   *
   * @return the settings as {@code name=value}, separated by commas
   */
  @Override
  public String toString() {
    return text;
  }

  /** Collects settings. Each setter checks its value, {@link #build()} their combination. Not thread-safe. */
  public static final class Builder {
    private int failureThreshold = 5;
    private double failureRateThreshold;
    private double slowCallRateThreshold;
    private Duration slowCallDuration = Duration.ofSeconds(60);

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
    private Predicate<? super Throwable> recordIf = Failures.ALL;
    private Predicate<? super Throwable> ignoreIf = Failures.NONE;
    private @Nullable Predicate<@Nullable Object> recordResultIf;
    private boolean sharesState;
    private boolean pinned;

    private Builder() {}

    /**
     * Opens after this many failures in a row. Default 5.
     *
     * @param calls at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is smaller
     */
    public Builder failureThreshold(int calls) {
      failureThreshold = Setting.atLeast("failureThreshold", 1, calls);
      return this;
    }

    /**
     * Turns the rule of failures in a row off.
     *
     * @return this builder
     */
    public Builder noFailureThreshold() {
      failureThreshold = 0;
      return this;
    }

    /**
     * Opens when at least this share of the calls in the window failed, once there are {@link #minimumNumberOfCalls}.
     * Default off.
     *
     * @param percent in (0, 100]
     * @return this builder
     * @throws IllegalArgumentException if {@code percent} is outside, or not a number
     */
    public Builder failureRateThreshold(double percent) {
      failureRateThreshold = Setting.percent("failureRateThreshold", percent);
      return this;
    }

    /**
     * Turns the rule of the share of failures off, as it is by default.
     *
     * @return this builder
     */
    public Builder noFailureRateThreshold() {
      failureRateThreshold = 0;
      return this;
    }

    /**
     * Opens when at least this share of the calls in the window took {@link #slowCallDuration} or longer, once there are
     * {@link #minimumNumberOfCalls}. Calls of a policy ({@code call}, {@code callAsync}, …) count as slow as soon as they
     * have taken that long, while they are still under way, so that a dependency that hangs opens the breaker while it
     * hangs; calls under a permit of your own count when the permit is completed. A probe that is slow counts as failed.
     * The rule costs every call two readings of the clock. Default off.
     *
     * @param percent in (0, 100]
     * @return this builder
     * @throws IllegalArgumentException if {@code percent} is outside, or not a number
     */
    public Builder slowCallRateThreshold(double percent) {
      slowCallRateThreshold = Setting.percent("slowCallRateThreshold", percent);
      return this;
    }

    /**
     * Turns the rule of the share of slow calls off, as it is by default.
     *
     * @return this builder
     */
    public Builder noSlowCallRateThreshold() {
      slowCallRateThreshold = 0;
      return this;
    }

    /**
     * Sets how long a call has to take to count as slow. Default 60 s.
     *
     * @param length from 1 ms to 1 day
     * @return this builder
     * @throws IllegalArgumentException if {@code length} is outside
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
     * Sets how many calls the window must hold before a share of failures or of slow calls means something. Default 20, or
     * the length of a {@link #countWindow} that is shorter.
     *
     * @param calls at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is smaller
     */
    public Builder minimumNumberOfCalls(int calls) {
      minimumNumberOfCalls = Setting.atLeast("minimumNumberOfCalls", 1, calls);
      return this;
    }

    /**
     * Sets how long an outcome counts toward the rates. It leaves the window no earlier than after this time, and at most
     * two fifteenths of it, or some 20 ms, later. Takes the place of a {@link #countWindow}. Default 60 s.
     *
     * @param length at least 100 ms and at most 365 days
     * @return this builder
     * @throws IllegalArgumentException if {@code length} is outside
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
     * Counts exactly this many of the last outcomes toward the rates, however old they are. All threads share one word for it,
     * so a breaker that is called by many cores at once is better off with a {@link #window} of time, whose place this
     * takes. Default: none.
     *
     * @param calls in [1, 100 000]
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is outside
     */
    public Builder countWindow(int calls) {
      countWindow = Setting.inRange("countWindow", 1, MAX_COUNT_WINDOW, calls);
      return this;
    }

    /**
     * Sets how long the breaker stays open before it lets probes through. Default 60 s.
     *
     * @param length positive and at most 365 days
     * @return this builder
     * @throws IllegalArgumentException if {@code length} is outside
     */
    public Builder cooldown(Duration length) {
      cooldown = Setting.positive("cooldown", length);
      return this;
    }

    /**
     * Makes the cooldown longer each time the probes fail, starting anew when the breaker closes. Default: no growth.
     *
     * @param factor how many times longer than the one before; 1 to 100
     * @param longest where growth ends, 10 min by default; at least {@link #cooldown}
     * @return this builder
     * @throws IllegalArgumentException if a value is outside
     */
    public Builder cooldownBackoff(double factor, Duration longest) {
      cooldownBackoff = Setting.inRange("cooldownBackoff", 1, 100, factor);
      maxCooldown = Setting.positive("maxCooldown", longest);
      return this;
    }

    /**
     * Makes each cooldown randomly longer, so that a fleet does not probe in step. Default 0.
     *
     * @param share the most that is added, as a share of the cooldown; 0 to 1
     * @return this builder
     * @throws IllegalArgumentException if {@code share} is outside, or not a number
     */
    public Builder cooldownJitter(double share) {
      cooldownJitter = Setting.inRange("cooldownJitter", 0, 1, share);
      return this;
    }

    /**
     * Sets how many probes must succeed to close the breaker. Default 2.
     *
     * @param calls at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is smaller
     */
    public Builder successThreshold(int calls) {
      successThreshold = Setting.atLeast("successThreshold", 1, calls);
      return this;
    }

    /**
     * Sets how many probes may be in flight at once. Default 3.
     *
     * @param calls 1 to 1000
     * @return this builder
     * @throws IllegalArgumentException if {@code calls} is outside
     */
    public Builder halfOpenMaxCalls(int calls) {
      halfOpenMaxCalls = Setting.inRange("halfOpenMaxCalls", 1, 1000, calls);
      return this;
    }

    /**
     * Sets how long a probe may keep its place. One that has not ended by then frees it for another, so that half-open
     * cannot stick. Default 60 s.
     *
     * @param length 1 ms to 8 hours
     * @return this builder
     * @throws IllegalArgumentException if {@code length} is outside
     */
    public Builder halfOpenMaxDuration(Duration length) {
      if (length.compareTo(Duration.ofMillis(1)) < 0 || length.compareTo(Duration.ofHours(8)) > 0) {
        throw new IllegalArgumentException("halfOpenMaxDuration must be in [1 ms, 8 h]: " + length);
      }
      halfOpenMaxDuration = length;
      return this;
    }

    /**
     * Sets which throwables count as a failure; the others count as a success, since the dependency answered. Default:
     * all.
     *
     * @param predicate asked after {@link #ignoreIf}; where it throws itself, the call counts as a failure
     * @return this builder
     */
    public Builder recordIf(Predicate<? super Throwable> predicate) {
      recordIf = Objects.requireNonNull(predicate, "recordIf");
      return this;
    }

    /**
     * Sets which throwables are neither success nor failure. Default: none. Cancellation and interruption from outside
     * never count, whatever is set here.
     *
     * @param predicate asked first; where it throws itself, the call counts as a failure
     * @return this builder
     */
    public Builder ignoreIf(Predicate<? super Throwable> predicate) {
      ignoreIf = Objects.requireNonNull(predicate, "ignoreIf");
      return this;
    }

    /**
     * Sets which results count as a failure, for dependencies that report errors in their answers. Default: none.
     *
     * @param predicate asked for every result; where it throws itself, the call counts as a failure
     * @return this builder
     */
    public Builder recordResultIf(Predicate<@Nullable Object> predicate) {
      recordResultIf = Objects.requireNonNull(predicate, "recordResultIf");
      return this;
    }

    /**
     * Opens this breaker when the breaker of the same name opens in another instance of the application, for what is left of
     * that one's cooldown. Needs a state store that instances share and that tells of changes, such as PostgreSQL; without
     * one it does nothing. Only openings are followed: each instance probes, and closes, by itself. Default: no.
     *
     * @param shared whether it follows
     * @return this builder
     */
    public Builder shareState(boolean shared) {
      sharesState = shared;
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
     *     minimumNumberOfCalls}, or if {@code maxCooldown} is shorter than {@code cooldown} while the cooldown grows
     */
    public CircuitBreakerConfig build() {
      if (failureThreshold == 0 && failureRateThreshold == 0 && slowCallRateThreshold == 0) {
        throw new IllegalArgumentException("failureThreshold, failureRateThreshold or"
            + " slowCallRateThreshold must be set: none is");
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
