package io.aragora.resilience.chaos;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The config of a chaos policy: what may be injected into a call, each with its chance. Immutable; build one with {@link
 * #builder()} or change a copy with {@link #toBuilder()}.
 *
 * <p>One draw for each call decides among all chances, so at most one thing is injected into a call, and a chance is a share of
 * all calls.
 */
public final class ChaosConfig {
  private static final Duration LONGEST_DELAY = Duration.ofDays(1);

  /** The rounding error of a sum of percentages. */
  private static final double ROUNDING = 1e-9;

  private final List<Chance> chances;
  private final @Nullable Predicate<? super CallContext> onlyIf;
  private final @Nullable Consumer<@Nullable Object> onLost;

  private ChaosConfig(Builder builder) {
    chances = List.copyOf(builder.chances);
    onlyIf = builder.onlyIf;
    onLost = builder.onLost;
  }

  /** {@return a new builder without a chance; {@link Builder#build()} requires one} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return a new builder with the settings of this config} */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.chances.addAll(chances);
    builder.onlyIf = onlyIf;
    builder.onLost = onLost;
    return builder;
  }

  /** {@return what may be injected, in the order in which it was added; immutable} */
  public List<Chance> chances() {
    return chances;
  }

  /** {@return the predicate of {@link Builder#onlyIf}; null if every call is drawn for} */
  public @Nullable Predicate<? super CallContext> onlyIf() {
    return onlyIf;
  }

  /** {@return the consumer of {@link Builder#onLost}; null if lost results are dropped} */
  public @Nullable Consumer<@Nullable Object> onLost() {
    return onLost;
  }

  /**
   * Returns every setting by its name. Functions are compared and not shown.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("chances", chances)
        .addUnshown("onlyIf", onlyIf)
        .addUnshown("onLost", onLost)
        .build();
  }

  /**
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(ChaosConfig other) {
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

  /** Something that may be injected into a call, and its chance. Immutable. */
  public static final class Chance {
    private final Injection injection;
    private final double percent;
    private final @Nullable Supplier<? extends Throwable> failure;
    private final @Nullable Runnable action;
    private final Duration least;
    private final Duration most;

    private Chance(
        Injection injection,
        double percent,
        @Nullable Supplier<? extends Throwable> failure,
        @Nullable Runnable action,
        Duration least,
        Duration most) {
      this.injection = injection;
      this.percent = percent;
      this.failure = failure;
      this.action = action;
      this.least = least;
      this.most = most;
    }

    /** {@return what is injected} */
    public Injection injection() {
      return injection;
    }

    /** {@return the share of the calls, in percent} */
    public double percent() {
      return percent;
    }

    /** {@return the supplier of the failure; null unless a failure is injected} */
    public @Nullable Supplier<? extends Throwable> failure() {
      return failure;
    }

    /** {@return the action; null unless one is injected} */
    public @Nullable Runnable action() {
      return action;
    }

    /** {@return the shortest delay; zero unless a delay is injected} */
    public Duration least() {
      return least;
    }

    /** {@return the longest delay; zero unless a delay is injected} */
    public Duration most() {
      return most;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Chance that
          && injection == that.injection
          && percent == that.percent
          && Objects.equals(failure, that.failure)
          && Objects.equals(action, that.action)
          && least.equals(that.least)
          && most.equals(that.most);
    }

    @Override
    public int hashCode() {
      return Objects.hash(injection, percent, failure, action, least, most);
    }

    @Override
    public String toString() {
      String text = injection + " " + percent + " %";
      return injection == Injection.DELAY ? text + " (" + least + " to " + most + ")" : text;
    }
  }

  /** Collects settings; each setter checks its value. Not thread-safe. */
  public static final class Builder {
    private final List<Chance> chances = new ArrayList<>();
    private @Nullable Predicate<? super CallContext> onlyIf;
    private @Nullable Consumer<@Nullable Object> onLost;

    private Builder() {}

    /**
     * Adds a chance that a call fails without its body. May be added several times. The failure comes out as it is, though it be a
     * checked exception that the body does not declare: inject what the body throws. Default: none.
     *
     * @param percent the share of the calls in percent, in (0, 100]
     * @param failure creates the failure of one call; if it throws or returns null, nothing is injected
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100]
     */
    public Builder fail(double percent, Supplier<? extends Throwable> failure) {
      Setting.percent("fail", percent);
      return add(Injection.FAIL, percent, Objects.requireNonNull(failure, "failure"), null);
    }

    /**
     * Adds a chance that a call waits before its body runs. The length is drawn evenly between both bounds. The wait ends early
     * if chaos is stopped, at a deadline around the call, and if the call is interrupted or cancelled. May be added several
     * times. Default: none.
     *
     * @param percent the share of the calls in percent, in (0, 100]
     * @param least the shortest delay, in [0, {@code most}]
     * @param most the longest delay, positive and at most 1 day
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100], if {@code least} is negative or exceeds
     *     {@code most}, or if {@code most} is not positive or exceeds 1 day
     */
    public Builder delay(double percent, Duration least, Duration most) {
      Setting.percent("delay", percent);
      Setting.notNegative("least", least);
      Setting.positive("most", most);
      if (least.compareTo(most) > 0) {
        throw new IllegalArgumentException("least must be at most most: " + least + ", " + most);
      }
      if (most.compareTo(LONGEST_DELAY) > 0) {
        throw new IllegalArgumentException("most must be at most 1 day: " + most);
      }
      chances.add(new Chance(Injection.DELAY, percent, null, null, least, most));
      return this;
    }

    /**
     * Adds a chance that a call fails after its body succeeded: the call took effect, and its answer is lost. May be added several
     * times. Default: none.
     *
     * @param percent the share of the calls in percent, in (0, 100]
     * @param failure creates the failure of one call; if it throws or returns null, nothing is injected
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100]
     */
    public Builder failAfter(double percent, Supplier<? extends Throwable> failure) {
      Setting.percent("failAfter", percent);
      return add(Injection.FAIL_AFTER, percent, Objects.requireNonNull(failure, "failure"), null);
    }

    /**
     * Adds a chance that an action runs before the body, on the same thread: it closes idle connections, for instance. May be
     * added several times. Default: none.
     *
     * @param percent the share of the calls in percent, in (0, 100]
     * @param action the action; should not block; what it throws is logged, and the body runs
     * @throws IllegalArgumentException if {@code percent} is NaN or not in (0, 100]
     */
    public Builder behave(double percent, Runnable action) {
      Setting.percent("behave", percent);
      return add(Injection.BEHAVE, percent, null, Objects.requireNonNull(action, "action"));
    }

    private Builder add(
        Injection injection,
        double percent,
        @Nullable Supplier<? extends Throwable> failure,
        @Nullable Runnable action) {
      chances.add(new Chance(injection, percent, failure, action, Duration.ZERO, Duration.ZERO));
      return this;
    }

    /**
     * Sets which calls may be injected into, by their context: the first attempts only, for instance. Asked only for calls that
     * were drawn. Default: all.
     *
     * @param predicate tests the context of a call; if it throws, nothing is injected
     */
    public Builder onlyIf(Predicate<? super CallContext> predicate) {
      onlyIf = Objects.requireNonNull(predicate, "onlyIf");
      return this;
    }

    /**
     * Sets what becomes of the result of a call that {@link #failAfter} lets fail. Default: it is dropped.
     *
     * @param consumer closes a result, for instance; runs on a thread of the runtime, so one that blocks holds up no call; on the
     *     thread that has the result if 1,024 results wait or the runtime is closed; its first exception is logged
     */
    public Builder onLost(Consumer<@Nullable Object> consumer) {
      onLost = Objects.requireNonNull(consumer, "onLost");
      return this;
    }

    /**
     * Builds the config.
     *
     * @return the config
     * @throws IllegalArgumentException if there is no chance, or if the chances add up to more than 100 percent
     */
    public ChaosConfig build() {
      if (chances.isEmpty()) {
        throw new IllegalArgumentException(
            "chaos must have at least one of fail, delay, failAfter and behave: " + chances);
      }
      double sum = 0;
      for (Chance chance : chances) {
        sum += chance.percent();
      }
      if (sum > 100 + ROUNDING) {
        throw new IllegalArgumentException("chances must add up to at most 100: " + sum);
      }
      return new ChaosConfig(this);
    }
  }
}
