package io.aragora.resilience.retry;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import io.aragora.resilience.quota.WhenAlone;
import java.util.Objects;

/** The config of a {@link RetryBudget}. Immutable; build one with {@link #builder()}. */
public final class RetryBudgetConfig {
  private static final RetryBudgetConfig DEFAULTS = builder().build();

  private final int capacity;
  private final double ratio;
  private final double perSecond;
  private final boolean shared;
  private final WhenAlone whenAlone;
  private final int assumedInstances;

  private RetryBudgetConfig(Builder builder) {
    capacity = builder.capacity;
    ratio = builder.ratio;
    perSecond = builder.perSecond;
    shared = builder.shared;
    whenAlone = builder.whenAlone;
    assumedInstances = builder.assumedInstances;
  }

  /** {@return the defaults: 100 saved, one earned by ten successes, one allowed in each second} */
  public static RetryBudgetConfig defaults() {
    return DEFAULTS;
  }

  /** {@return a new builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the value of {@link Builder#capacity}, in retries} */
  public int capacity() {
    return capacity;
  }

  /** {@return the value of {@link Builder#ratio}, in retries for each success} */
  public double ratio() {
    return ratio;
  }

  /** {@return the value of {@link Builder#perSecond}, in retries for each second} */
  public double perSecond() {
    return perSecond;
  }

  /** {@return whether all instances of the fleet share the budget} */
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

  /**
   * Returns every setting by its name. Those of sharing are compared and not shown if the budget is not shared.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    DeclaredSettings.Builder all = DeclaredSettings.builder()
        .add("capacity", capacity)
        .add("ratio", ratio)
        .add("perSecond", perSecond);
    return withSharing(all).build();
  }

  /** The settings of sharing are compared, and shown if the budget is shared. */
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
  public boolean declaresSameAs(RetryBudgetConfig other) {
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
    private int capacity = 100;
    private double ratio = 0.1;
    private double perSecond = 1;
    private boolean shared;
    private WhenAlone whenAlone = WhenAlone.SHARE;
    private int assumedInstances = 10;

    private Builder() {}

    /**
     * Sets the largest number of retries that successes save, which is also the number at the start. Default 100.
     *
     * @param retries in [1, 1,000,000]
     * @throws IllegalArgumentException if {@code retries} is not in [1, 1,000,000]
     */
    public Builder capacity(int retries) {
      capacity = Setting.inRange("capacity", 1, 1_000_000, retries);
      return this;
    }

    /**
     * Sets the number of retries that a successful call earns, and so the share of load that retries add in the long
     * run: 0.1 for a tenth. Rounded to a thousandth. Default 0.1.
     *
     * @param retries in [0, 10]
     * @throws IllegalArgumentException if {@code retries} is NaN or not in [0, 10]
     */
    public Builder ratio(double retries) {
      ratio = Setting.inRange("ratio", 0, 10, retries);
      return this;
    }

    /**
     * Sets the number of retries that each second allows besides the earned ones, so that a caller with rare or only
     * failed calls still retries at times. They expire after a second. Default 1.
     *
     * @param retries in [0, 1,000,000]; 0 for none
     * @throws IllegalArgumentException if {@code retries} is NaN or not in [0, 1,000,000]
     */
    public Builder perSecond(double retries) {
      perSecond = Setting.inRange("perSecond", 0, 1_000_000, retries);
      return this;
    }

    /**
     * Shares the budget with all instances that declare a budget of this name and these settings on the same {@linkplain
     * io.aragora.resilience.ResilienceBuilder#quotaStore(String) quota store}: their successes fill one bucket, and their retries
     * spend from it. Each instance leases retries ahead of its need and hands in what its calls earned, so no call waits for the
     * store. Default: not shared.
     *
     * <p>Retries of {@link #perSecond} are saved in the same bucket, up to its capacity, instead of expiring after a second. Over
     * any time the fleet spends at most what one budget would, and for each instance one lease more, at most a quarter of the
     * capacity.
     */
    public Builder shared() {
      return shared(true);
    }

    /**
     * Sets whether the budget is {@link #shared()}. Default false.
     *
     * @param shared whether it is shared
     */
    public Builder shared(boolean shared) {
      this.shared = shared;
      return this;
    }

    /**
     * Sets what an instance takes of a shared budget while the quota store does not answer. Default {@link WhenAlone#SHARE}.
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

    /** {@return the settings} */
    public RetryBudgetConfig build() {
      return new RetryBudgetConfig(this);
    }
  }
}
