package io.aragora.resilience.concurrencylimit;

import io.aragora.resilience.internal.FailureRule;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The config of a concurrency limit. Immutable; build one with {@link #builder()}. */
public final class ConcurrencyLimitConfig {
  private static final int MOST_PLACES = 1_000_000;
  private static final Duration SHORTEST_WINDOW = Duration.ofMillis(100);
  private static final Duration LONGEST_WINDOW = Duration.ofMinutes(1);
  private static final ConcurrencyLimitConfig DEFAULTS = builder().build();

  private final int initial;
  private final int least;
  private final int most;
  private final double percentile;
  private final double tolerance;
  private final Duration window;
  private final Duration maxWindow;
  private final int minimumSamples;
  private final @Nullable Duration healthyLatency;
  private final double normalShare;
  private final double sheddableShare;
  private final Predicate<? super Throwable> overloadIf;
  private final Duration maxWait;
  private final @Nullable Integer declaredMaxWaiting;
  private final boolean ignoreExternalConfig;

  private ConcurrencyLimitConfig(Builder builder) {
    initial = builder.initial;
    least = builder.least;
    most = builder.most;
    percentile = builder.percentile;
    tolerance = builder.tolerance;
    window = builder.window;
    maxWindow = builder.maxWindow;
    minimumSamples = builder.minimumSamples;
    healthyLatency = builder.healthyLatency;
    normalShare = builder.normalShare;
    sheddableShare = builder.sheddableShare;
    overloadIf = builder.overloadIf.predicate(OverloadFailures.INSTANCE);
    maxWait = builder.maxWait;
    declaredMaxWaiting = builder.maxWaiting;
    ignoreExternalConfig = builder.ignoreExternalConfig;
  }

  /** {@return the defaults: a limit between 4 and 200 that begins at 20, and no waiting} */
  public static ConcurrencyLimitConfig defaults() {
    return DEFAULTS;
  }

  /**
   * Returns the failures that are signs of overload by default: timeouts of this library, of the JDK's futures and of sockets,
   * and rejections by an executor.
   *
   * @return a predicate
   */
  public static Predicate<Throwable> overloadFailures() {
    return OverloadFailures.INSTANCE;
  }

  /** {@return a new builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return a new builder with the settings of this config} */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.initial = initial;
    builder.least = least;
    builder.most = most;
    builder.percentile = percentile;
    builder.tolerance = tolerance;
    builder.window = window;
    builder.maxWindow = maxWindow;
    builder.minimumSamples = minimumSamples;
    builder.healthyLatency = healthyLatency;
    builder.normalShare = normalShare;
    builder.sheddableShare = sheddableShare;
    builder.overloadIf.setAll(overloadIf, OverloadFailures.INSTANCE);
    builder.maxWait = maxWait;
    builder.maxWaiting = declaredMaxWaiting;
    builder.ignoreExternalConfig = ignoreExternalConfig;
    return builder;
  }

  /** {@return the value of {@link Builder#initial}} */
  public int initial() {
    return initial;
  }

  /** {@return the value of {@link Builder#least}} */
  public int least() {
    return least;
  }

  /** {@return the value of {@link Builder#most}} */
  public int most() {
    return most;
  }

  /** {@return the value of {@link Builder#percentile}, in percent} */
  public double percentile() {
    return percentile;
  }

  /** {@return the value of {@link Builder#tolerance}, a factor} */
  public double tolerance() {
    return tolerance;
  }

  /** {@return the value of {@link Builder#window}} */
  public Duration window() {
    return window;
  }

  /** {@return the value of {@link Builder#maxWindow}} */
  public Duration maxWindow() {
    return maxWindow;
  }

  /** {@return the value of {@link Builder#minimumSamples}} */
  public int minimumSamples() {
    return minimumSamples;
  }

  /** {@return the value of {@link Builder#healthyLatency}; null if there is none} */
  public @Nullable Duration healthyLatency() {
    return healthyLatency;
  }

  /**
   * Returns the part of the limit that calls of a priority may use.
   *
   * @param priority the priority
   * @return the value of {@link Builder#share}; 1 for {@link Priority#CRITICAL}
   */
  public double share(Priority priority) {
    return switch (priority) {
      case CRITICAL -> 1;
      case NORMAL -> normalShare;
      case SHEDDABLE -> sheddableShare;
    };
  }

  /** {@return the predicate of {@link Builder#overloadIf}} */
  public Predicate<? super Throwable> overloadIf() {
    return overloadIf;
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
    return declaredMaxWaiting == null ? most : declaredMaxWaiting;
  }

  /** {@return whether settings outside the code are ignored} */
  public boolean ignoresExternalConfig() {
    return ignoreExternalConfig;
  }

  /**
   * Returns every setting by its name. {@code overloadIf} and {@code ignoreExternalConfig} are compared and not shown.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("initial", initial)
        .add("least", least)
        .add("most", most)
        .add("percentile", percentile)
        .add("tolerance", tolerance)
        .add("window", window)
        .add("maxWindow", maxWindow)
        .add("minimumSamples", minimumSamples)
        .add("healthyLatency", healthyLatency)
        .add("normalShare", normalShare)
        .add("sheddableShare", sheddableShare)
        .add("maxWait", maxWait)
        .add("maxWaiting", maxWaiting())
        .addUnshown("overloadIf", overloadIf)
        .addUnshown("ignoreExternalConfig", ignoreExternalConfig)
        .build();
  }

  /**
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(ConcurrencyLimitConfig other) {
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
    private int initial = 20;
    private int least = 4;
    private int most = 200;
    private double percentile = 90;
    private double tolerance = 1.5;
    private Duration window = Duration.ofSeconds(1);
    private Duration maxWindow = Duration.ofSeconds(30);
    private int minimumSamples = 50;
    private @Nullable Duration healthyLatency;
    private double normalShare = 0.9;
    private double sheddableShare = 0.6;
    private final FailureRule overloadIf = new FailureRule();
    private Duration maxWait = Duration.ZERO;
    private @Nullable Integer maxWaiting;
    private boolean ignoreExternalConfig;

    private Builder() {}

    /**
     * Sets the limit before anything is known of the latencies. Default 20.
     *
     * @param calls in [1, 1,000,000]; at least {@link #least} and at most {@link #most}
     * @throws IllegalArgumentException if {@code calls} is not in [1, 1,000,000]
     */
    public Builder initial(int calls) {
      initial = Setting.inRange("initial", 1, MOST_PLACES, calls);
      return this;
    }

    /**
     * Sets the smallest limit. Default 4.
     *
     * @param calls in [1, 1,000,000]; at most {@link #initial}
     * @throws IllegalArgumentException if {@code calls} is not in [1, 1,000,000]
     */
    public Builder least(int calls) {
      least = Setting.inRange("least", 1, MOST_PLACES, calls);
      return this;
    }

    /**
     * Sets the largest limit. Default 200.
     *
     * @param calls in [1, 1,000,000]; at least {@link #initial}
     * @throws IllegalArgumentException if {@code calls} is not in [1, 1,000,000]
     */
    public Builder most(int calls) {
      most = Setting.inRange("most", 1, MOST_PLACES, calls);
      return this;
    }

    /**
     * Sets which percentile of a window's latencies is compared with the one without load. Default 90.
     *
     * @param percent in [50, 99]
     * @throws IllegalArgumentException if {@code percent} is not in [50, 99]
     */
    public Builder percentile(double percent) {
      percentile = Setting.inRange("percentile", 50.0, 99.0, percent);
      return this;
    }

    /**
     * Sets how many times the latency without load calls may take before the limit falls. Default 1.5.
     *
     * @param factor in [1, 10]
     * @throws IllegalArgumentException if {@code factor} is not in [1, 10]
     */
    public Builder tolerance(double factor) {
      tolerance = Setting.inRange("tolerance", 1.0, 10.0, factor);
      return this;
    }

    /**
     * Sets how long a window lasts at least. It lasts longer if it has fewer than {@link #minimumSamples}. Default 1 s.
     *
     * @param shortest in [100 ms, 1 min]; at most {@link #maxWindow}
     * @throws IllegalArgumentException if {@code shortest} is not in [100 ms, 1 min]
     */
    public Builder window(Duration shortest) {
      window = checkedWindow("window", shortest);
      return this;
    }

    /**
     * Sets how long a window lasts at most; a single sample is enough then. Default 30 s.
     *
     * @param longest in [100 ms, 1 min]; at least {@link #window}
     * @throws IllegalArgumentException if {@code longest} is not in [100 ms, 1 min]
     */
    public Builder maxWindow(Duration longest) {
      maxWindow = checkedWindow("maxWindow", longest);
      return this;
    }

    private static Duration checkedWindow(String name, Duration value) {
      if (value.compareTo(SHORTEST_WINDOW) < 0 || value.compareTo(LONGEST_WINDOW) > 0) {
        throw new IllegalArgumentException(name + " must be in [100 ms, 1 min]: " + value);
      }
      return value;
    }

    /**
     * Sets how many latencies end a window before its longest duration. Default 50.
     *
     * @param samples in [10, 10,000]
     * @throws IllegalArgumentException if {@code samples} is not in [10, 10,000]
     */
    public Builder minimumSamples(int samples) {
      minimumSamples = Setting.inRange("minimumSamples", 10, 10_000, samples);
      return this;
    }

    /**
     * Sets the latency above which the limit falls, whatever the latency without load is. Default: there is none.
     *
     * @param latency positive, at most 106,751 days
     * @throws IllegalArgumentException if {@code latency} is not positive or exceeds 106,751 days
     */
    public Builder healthyLatency(Duration latency) {
      healthyLatency = Setting.positive("healthyLatency", latency);
      return this;
    }

    /** Sets no latency above which the limit falls in any case, which is the default. */
    public Builder noHealthyLatency() {
      healthyLatency = null;
      return this;
    }

    /**
     * Sets the part of the limit that calls of a priority may use; it is rounded up to whole permits. Default 0.9 for {@link
     * Priority#NORMAL}, 0.6 for {@link Priority#SHEDDABLE}. Calls of {@link Priority#CRITICAL} may use all of it.
     *
     * @param priority the priority
     * @param share in (0, 1]; that of {@code SHEDDABLE} at most that of {@code NORMAL}; 1 for {@code CRITICAL}
     * @throws IllegalArgumentException if {@code share} is not in (0, 1], or not 1 for {@code CRITICAL}
     */
    public Builder share(Priority priority, double share) {
      if (!(share > 0 && share <= 1)) {
        throw new IllegalArgumentException("share of " + priority + " must be in (0, 1]: " + share);
      }
      switch (priority) {
        case CRITICAL -> {
          if (share != 1) {
            throw new IllegalArgumentException("share of CRITICAL must be 1: " + share);
          }
        }
        case NORMAL -> normalShare = share;
        case SHEDDABLE -> sheddableShare = share;
      }
      return this;
    }

    /**
     * Sets which failures are signs of overload: a window with one of them lowers the limit. Other failures are no samples, and a
     * rejection by a policy inside, a cancellation by the caller or an interrupt never reaches the predicate. Default {@link
     * ConcurrencyLimitConfig#overloadFailures()}.
     *
     * @param predicate tests failures; if it throws, the failure is no sign of overload
     */
    public Builder overloadIf(Predicate<? super Throwable> predicate) {
      overloadIf.set(Objects.requireNonNull(predicate, "overloadIf"));
      return this;
    }

    /**
     * Adds types of failures that are signs of overload, subclasses included, besides those that {@link #overloadIf} matches. If
     * only types are given, the default does not apply.
     *
     * @param types types of failures
     */
    @SafeVarargs
    public final Builder overloadOn(Class<? extends Throwable>... types) {
      for (Class<? extends Throwable> type : types) {
        overloadIf.add(Objects.requireNonNull(type, "type"));
      }
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
     * Sets how many calls may wait at a time. If there are more, the oldest of the lowest priority is rejected. Default: as many as
     * {@link #most}; none if {@link #maxWait} is zero.
     *
     * @param calls in [0, 1,000,000]
     * @throws IllegalArgumentException if {@code calls} is not in [0, 1,000,000]
     */
    public Builder maxWaiting(int calls) {
      maxWaiting = Setting.inRange("maxWaiting", 0, MOST_PLACES, calls);
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
     * @throws IllegalArgumentException if least, initial and most, both windows, or both shares are not in order, or if calls may
     *     wait in a queue and {@link #maxWait} is zero
     */
    public ConcurrencyLimitConfig build() {
      inOrder("least", "initial", least <= initial, least, initial);
      inOrder("initial", "most", initial <= most, initial, most);
      inOrder("window", "maxWindow", window.compareTo(maxWindow) <= 0, window, maxWindow);
      inOrder(
          "share of SHEDDABLE",
          "share of NORMAL",
          sheddableShare <= normalShare,
          sheddableShare,
          normalShare);
      if (maxWait.isZero() && maxWaiting != null && maxWaiting > 0) {
        throw new IllegalArgumentException("maxWaiting must be 0 if maxWait is 0: " + maxWaiting);
      }
      return new ConcurrencyLimitConfig(this);
    }

    private static void inOrder(
        String lower, String higher, boolean holds, Object low, Object high) {
      if (!holds) {
        throw new IllegalArgumentException(
            lower + " must be at most " + higher + ": " + low + ", " + high);
      }
    }
  }
}
