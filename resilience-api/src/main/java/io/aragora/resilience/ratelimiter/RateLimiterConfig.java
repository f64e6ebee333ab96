package io.aragora.resilience.ratelimiter;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.quota.WhenAlone;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The config of a rate limiter. Immutable; build one with {@link #smooth} or {@link #exact}, or change a copy with {@link
 * #toBuilder()}.
 *
 * <p>A <em>smooth</em> limiter earns permits evenly, one each {@code period / limit}, and saves up to {@link
 * Builder#burst} of them. Over any time <i>w</i> it admits at most {@code burst + limit × w / period} permits. By default
 * the burst is the limit, so two windows of a server that counts per minute may see up to twice the limit; a burst and a
 * limit that add up to what the server allows never exceed it.
 *
 * <p>An <em>exact</em> limiter admits at most {@code limit} calls in any period, wherever that begins. It remembers each
 * of the last {@code limit} calls and has one permit a call.
 */
public final class RateLimiterConfig {
  private static final int MAX_LIMIT = 1_000_000_000;
  private static final int MAX_EXACT_LIMIT = 65_536;
  private static final int MAX_WAITING = 1_000_000;
  private static final int DEFAULT_WAITING = 1000;
  private static final Duration LEAST_PERIOD = Duration.ofNanos(1000);
  private static final Duration MOST = Duration.ofDays(365);
  private static final BigInteger LONGEST_BURST =
      BigInteger.valueOf(Duration.ofDays(36_525).toNanos());

  private final boolean isExact;
  private final int limit;
  private final Duration period;
  private final int burst;
  private final boolean burstIsSet;
  private final Duration maxWait;
  private final int maxWaiting;
  private final boolean maxWaitingIsSet;
  private final Duration maxPause;
  private final boolean startFull;
  private final int adoptUpTo;
  private final boolean keepAcrossRestart;
  private final boolean shared;
  private final WhenAlone whenAlone;
  private final int assumedInstances;
  private final boolean ignoreExternalConfig;

  private RateLimiterConfig(Builder builder, Duration period) {
    isExact = builder.isExact;
    limit = builder.limit;
    this.period = period;
    burstIsSet = builder.burst != 0;
    burst = burstIsSet ? builder.burst : limit;
    maxWait = builder.maxWait;
    maxWaitingIsSet = builder.maxWaiting >= 0;
    maxWaiting = maxWaitingIsSet ? builder.maxWaiting : maxWait.isZero() ? 0 : DEFAULT_WAITING;
    maxPause = builder.maxPause;
    startFull = builder.startFull;
    adoptUpTo = builder.adoptUpTo;
    keepAcrossRestart = builder.keepAcrossRestart;
    shared = builder.shared;
    whenAlone = builder.whenAlone;
    assumedInstances = builder.assumedInstances;
    ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /**
   * Returns a builder of a smooth limiter.
   *
   * @param limit the number of permits in each period, in [1, 1,000,000,000]
   * @param period at least 1 µs and at most 365 days
   * @return a new builder with the defaults of the other settings
   * @throws IllegalArgumentException if {@code limit} or {@code period} is not in its range
   */
  public static Builder smooth(int limit, Duration period) {
    return builder().limit(limit).period(period);
  }

  /**
   * Returns a builder of an exact limiter.
   *
   * @param limit the number of calls in any period, in [1, 65,536]
   * @param period at least 1 µs and at most 365 days
   * @return a new builder with the defaults of the other settings
   * @throws IllegalArgumentException if {@code limit} or {@code period} is not in its range
   */
  public static Builder exact(int limit, Duration period) {
    Builder builder = new Builder(true);
    builder.checkExact(limit);
    return builder.limit(limit).period(period);
  }

  /** {@return a new builder of a smooth limiter without limit and period, which {@link Builder#build()} requires} */
  public static Builder builder() {
    return new Builder(false);
  }

  /** {@return a new builder with the settings of this config, smooth or exact as this one} */
  public Builder toBuilder() {
    Builder builder = new Builder(isExact);
    builder.limit = limit;
    builder.period = period;
    builder.burst = burstIsSet ? burst : 0;
    builder.maxWait = maxWait;
    builder.maxWaiting = maxWaitingIsSet ? maxWaiting : -1;
    builder.maxPause = maxPause;
    builder.startFull = startFull;
    builder.adoptUpTo = adoptUpTo;
    builder.keepAcrossRestart = keepAcrossRestart;
    builder.shared = shared;
    builder.whenAlone = whenAlone;
    builder.assumedInstances = assumedInstances;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return whether the limiter is exact} */
  public boolean isExact() {
    return isExact;
  }

  /** {@return the value of {@link Builder#limit}, in permits} */
  public int limit() {
    return limit;
  }

  /** {@return the value of {@link Builder#period}} */
  public Duration period() {
    return period;
  }

  /** {@return the value of {@link Builder#burst}, in permits; the limit if it is not set} */
  public int burst() {
    return burst;
  }

  /** {@return the value of {@link Builder#maxWait}} */
  public Duration maxWait() {
    return maxWait;
  }

  /** {@return the value of {@link Builder#maxWaiting}, in calls} */
  public int maxWaiting() {
    return maxWaiting;
  }

  /** {@return the value of {@link Builder#maxPause}} */
  public Duration maxPause() {
    return maxPause;
  }

  /** {@return the value of {@link Builder#startFull}} */
  public boolean startsFull() {
    return startFull;
  }

  /** {@return the value of {@link Builder#adoptUpTo}, in permits; 0 if no limit of a server is adopted} */
  public int adoptUpTo() {
    return adoptUpTo;
  }

  /** {@return the value of {@link Builder#keepAcrossRestart}} */
  public boolean keepsAcrossRestart() {
    return keepAcrossRestart;
  }

  /** {@return whether all instances of the fleet share the limit} */
  public boolean isShared() {
    return shared;
  }

  /** {@return the value of {@link Builder#whenAlone}} */
  public WhenAlone whenAlone() {
    return whenAlone;
  }

  /** {@return the value of {@link Builder#assumedInstances}, in instances} */
  public int assumedInstances() {
    return assumedInstances;
  }

  /** {@return whether settings outside the code are ignored} */
  public boolean ignoresExternalConfig() {
    return ignoreExternalConfig;
  }

  /**
   * Returns every setting by its name. {@code ignoreExternalConfig} is compared and not shown, and so are those of sharing if the
   * limit is not shared.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    DeclaredSettings.Builder all =
        DeclaredSettings.builder().add("limit", limit).add("period", period);
    if (isExact) {
      all.add("exact", true);
    } else {
      all.add("burst", burst);
    }
    all.add("maxWait", maxWait)
        .add("maxWaiting", maxWaiting)
        .add("maxPause", maxPause)
        .add("startFull", startFull)
        .add("adoptUpTo", adoptUpTo)
        .add("keepAcrossRestart", keepAcrossRestart)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig);
    return withSharing(all).build();
  }

  /** The settings of sharing are compared, and shown if the limit is shared. */
  private DeclaredSettings.Builder withSharing(DeclaredSettings.Builder all) {
    return shared
        ? all.add("shared", true)
            .add("whenAlone", whenAlone)
            .add("assumedInstances", assumedInstances)
        : all.addUnshown("shared", false)
            .addUnshown("whenAlone", whenAlone)
            .addUnshown("assumedInstances", assumedInstances);
  }

  /**
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(RateLimiterConfig other) {
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

  /** Collects settings. Each setter checks its value, {@link #build()} their combination. Not thread-safe. */
  public static final class Builder {
    private final boolean isExact;

    /** 0 until it is set, as the burst. */
    private int limit;

    private @Nullable Duration period;
    private int burst;
    private Duration maxWait = Duration.ZERO;

    /** Negative until it is set. */
    private int maxWaiting = -1;

    private Duration maxPause = Duration.ofMinutes(15);
    private boolean startFull = true;
    private int adoptUpTo;
    private boolean keepAcrossRestart;
    private boolean shared;
    private WhenAlone whenAlone = WhenAlone.SHARE;
    private int assumedInstances = 10;
    private boolean ignoreExternalConfig;

    private Builder(boolean isExact) {
      this.isExact = isExact;
    }

    /**
     * Sets the number of permits in each period. No default.
     *
     * @param permits in [1, 1,000,000,000], at most one a nanosecond; of an exact limiter in [1, 65,536]
     * @throws IllegalArgumentException if {@code permits} is not in [1, 1,000,000,000]
     */
    public Builder limit(int permits) {
      limit = Setting.inRange("limit", 1, MAX_LIMIT, permits);
      return this;
    }

    /**
     * Sets the period of the limit. No default.
     *
     * @param length at least 1 µs and at most 365 days
     * @throws IllegalArgumentException if {@code length} is less than 1 µs or exceeds 365 days
     */
    public Builder period(Duration length) {
      if (length.isZero() || length.isNegative() || length.compareTo(MOST) > 0) {
        throw new IllegalArgumentException(
            "period must be positive and at most 365 days: " + length);
      }
      if (length.compareTo(LEAST_PERIOD) < 0) {
        throw new IllegalArgumentException(
            "period must be at least " + LEAST_PERIOD + ": " + length);
      }
      period = length;
      return this;
    }

    /**
     * Sets the largest number of permits that a smooth limiter saves while no call takes one. 1 spaces calls evenly.
     * Default: the limit.
     *
     * @param permits in [1, 1,000,000,000]; earned within 100 years
     * @throws IllegalArgumentException if {@code permits} is not in [1, 1,000,000,000]
     */
    public Builder burst(int permits) {
      burst = Setting.inRange("burst", 1, MAX_LIMIT, permits);
      return this;
    }

    /**
     * Sets how long a call may wait for its permits. A call that would have to wait longer is rejected at once. Default
     * 0: no call waits.
     *
     * @param length not negative, at most 365 days
     * @throws IllegalArgumentException if {@code length} is negative or exceeds 365 days
     */
    public Builder maxWait(Duration length) {
      maxWait = notNegative("maxWait", length);
      return this;
    }

    /**
     * Sets how many calls may wait at a time. Default 1000; 0 if {@link #maxWait} is 0.
     *
     * @param calls in [0, 1,000,000]; 0 if {@code maxWait} is 0
     * @throws IllegalArgumentException if {@code calls} is not in [0, 1,000,000]
     */
    public Builder maxWaiting(int calls) {
      maxWaiting = Setting.inRange("maxWaiting", 0, MAX_WAITING, calls);
      return this;
    }

    /**
     * Sets the longest pause that {@link RateLimiter#pauseFor} and {@link RateLimiter#observe} begin. Default 15 min.
     *
     * @param length not negative, at most 365 days; 0 for no pause
     * @throws IllegalArgumentException if {@code length} is negative or exceeds 365 days
     */
    public Builder maxPause(Duration length) {
      maxPause = notNegative("maxPause", length);
      return this;
    }

    /**
     * Sets whether a new limiter has its whole burst at once. If not, it begins with no permit. Default true.
     *
     * @param full whether it begins full
     */
    public Builder startFull(boolean full) {
      startFull = full;
      return this;
    }

    /**
     * Sets the largest limit that a smooth limiter adopts from a server ({@link RateLimiter#observe}). Its limit then
     * follows what the server says, in [1, {@code permits}]. Default 0: limits of a server change nothing.
     *
     * @param permits in [0, 1,000,000,000], at most one a nanosecond; 0 to adopt none
     * @throws IllegalArgumentException if {@code permits} is not in [0, 1,000,000,000]
     */
    public Builder adoptUpTo(int permits) {
      adoptUpTo = Setting.inRange("adoptUpTo", 0, MAX_LIMIT, permits);
      return this;
    }

    /**
     * Sets whether the level and the pause of a smooth limiter are saved in the state store of the runtime, so that a
     * process that restarts goes on with what it had left. The limiter is then never evicted. Default false.
     *
     * @param keep whether they are saved
     */
    public Builder keepAcrossRestart(boolean keep) {
      keepAcrossRestart = keep;
      return this;
    }

    /**
     * Shares the limit with all instances that declare a limiter of this name and these settings on the same {@linkplain
     * io.aragora.resilience.ResilienceBuilder#quotaStore(String) quota store}: together they admit the limit. Each instance leases
     * permits ahead of its need, so no call waits for the store. Default: not shared.
     *
     * <p>Over any time <i>w</i> the fleet admits at most {@code burst + limit × w / period} permits, and for each instance one
     * lease and one call more. A lease has the permits that a quarter of a second earns, or those of the largest call.
     *
     * <p>A shared limiter is smooth, adopts no limit of a server, and needs no {@link #keepAcrossRestart}. Its pauses are those of the
     * instance.
     */
    public Builder shared() {
      return shared(true);
    }

    /**
     * Sets whether the limit is {@link #shared()}. Default false.
     *
     * @param shared whether it is shared
     */
    public Builder shared(boolean shared) {
      this.shared = shared;
      return this;
    }

    /**
     * Sets what an instance takes of a shared limit while the quota store does not answer. Default {@link WhenAlone#SHARE}.
     *
     * @param taken what it takes
     */
    public Builder whenAlone(WhenAlone taken) {
      whenAlone = Objects.requireNonNull(taken, "whenAlone");
      return this;
    }

    /**
     * Sets the number of instances by which {@link WhenAlone#SHARE} divides as long as the quota store has never answered. Default
     * 10.
     *
     * @param instances in [1, 10,000]
     * @throws IllegalArgumentException if {@code instances} is not in [1, 10,000]
     */
    public Builder assumedInstances(int instances) {
      assumedInstances = Setting.inRange("assumedInstances", 1, 10_000, instances);
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

    private static Duration notNegative(String name, Duration value) {
      if (value.isNegative() || value.compareTo(MOST) > 0) {
        throw new IllegalArgumentException(
            name + " must not be negative and at most 365 days: " + value);
      }
      return value;
    }

    private void checkExact(int permits) {
      if (permits > MAX_EXACT_LIMIT) {
        throw new IllegalArgumentException(
            "limit of an exact limiter must be in [1, " + MAX_EXACT_LIMIT + "]: " + permits);
      }
    }

    /**
     * Builds the config.
     *
     * @return the config
     * @throws IllegalArgumentException if {@link #limit} or {@link #period} was not set, or if the settings contradict
     *     each other
     */
    public RateLimiterConfig build() {
      if (limit == 0) {
        throw new IllegalArgumentException("limit must be set: it has no default");
      }
      if (period == null) {
        throw new IllegalArgumentException("period must be set: it has no default");
      }
      checkRate("limit", limit, period);
      if (isExact) {
        checkExact(limit);
        if (burst != 0) {
          throw new IllegalArgumentException("burst is not for an exact limiter: " + burst);
        }
        if (adoptUpTo != 0) {
          throw new IllegalArgumentException("adoptUpTo is not for an exact limiter: " + adoptUpTo);
        }
        if (keepAcrossRestart) {
          throw new IllegalArgumentException("keepAcrossRestart is not for an exact limiter: true");
        }
        if (shared) {
          throw new IllegalArgumentException("shared is not for an exact limiter: true");
        }
      } else {
        if (shared && adoptUpTo != 0) {
          throw new IllegalArgumentException("adoptUpTo is not for a shared limiter: " + adoptUpTo);
        }
        if (shared && keepAcrossRestart) {
          throw new IllegalArgumentException(
              "keepAcrossRestart is not for a shared limiter, whose level is in the quota store: true");
        }
        checkRate("adoptUpTo", adoptUpTo, period);
        checkBurst(period);
      }
      if (maxWait.isZero() && maxWaiting > 0) {
        throw new IllegalArgumentException("maxWaiting must be 0 if maxWait is 0: " + maxWaiting);
      }
      return new RateLimiterConfig(this, period);
    }

    private static void checkRate(String name, int permits, Duration period) {
      if (permits > period.toNanos()) {
        throw new IllegalArgumentException(name + " per period must be at most one permit per"
            + " nanosecond: " + permits + " per " + period);
      }
    }

    private void checkBurst(Duration period) {
      int permits = burst == 0 ? limit : burst;
      // An adopted limit may be as low as one permit a period.
      int slowest = adoptUpTo == 0 ? limit : 1;
      BigInteger nanos = BigInteger.valueOf(period.toNanos()).multiply(BigInteger.valueOf(permits));
      if (nanos.compareTo(LONGEST_BURST.multiply(BigInteger.valueOf(slowest))) > 0) {
        throw new IllegalArgumentException("burst must be used up within 100 years: " + permits
            + " at " + slowest + " per " + period);
      }
    }
  }
}
