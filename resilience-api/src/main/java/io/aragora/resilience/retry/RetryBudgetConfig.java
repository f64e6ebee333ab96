package io.aragora.resilience.retry;

import io.aragora.resilience.spi.DeclaredSettings;
import io.aragora.resilience.spi.Setting;

/**
 * The settings of a {@link RetryBudget}. Immutable; build one with {@link #builder()}.
 */
public final class RetryBudgetConfig {
  private static final RetryBudgetConfig DEFAULTS = builder().build();

  private final int capacity;
  private final double ratio;
  private final double perSecond;

  private RetryBudgetConfig(Builder builder) {
    capacity = builder.capacity;
    ratio = builder.ratio;
    perSecond = builder.perSecond;
  }

  /**
   * Gives the defaults: 100 saved, one earned by ten successes, one allowed in each second.
   *
   * @return the defaults
   */
  public static RetryBudgetConfig defaults() {
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
   * Gives {@link Builder#capacity}.
   *
   * @return retries
   */
  public int capacity() {
    return capacity;
  }

  /**
   * Gives {@link Builder#ratio}.
   *
   * @return retries for each success
   */
  public double ratio() {
    return ratio;
  }

  /**
   * Gives {@link Builder#perSecond}.
   *
   * @return retries for each second
   */
  public double perSecond() {
    return perSecond;
  }

  /**
   * Returns every setting by its name.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("capacity", capacity)
        .add("ratio", ratio)
        .add("perSecond", perSecond)
        .build();
  }

  /**
   * Returns whether two configurations declare the same.
   *
   * @param other another configuration
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(RetryBudgetConfig other) {
    return this == other || declaredSettings().sameAs(other.declaredSettings());
  }

  /**
   * Shows every setting.
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

    private Builder() {}

    /**
     * Sets the most retries that successes save up, and how many there are at the start. Default 100.
     *
     * @param retries in [1, 1,000,000]
     * @return this builder
     * @throws IllegalArgumentException if {@code retries} is outside
     */
    public Builder capacity(int retries) {
      capacity = Setting.inRange("capacity", 1, 1_000_000, retries);
      return this;
    }

    /**
     * Sets how many retries a call that succeeds earns, and so, in the long run, how much load retries add: 0.1 for a tenth.
     * Read to a thousandth. Default 0.1.
     *
     * @param retries in [0, 10]
     * @return this builder
     * @throws IllegalArgumentException if {@code retries} is outside, or not a number
     */
    public Builder ratio(double retries) {
      ratio = Setting.inRange("ratio", 0, 10, retries);
      return this;
    }

    /**
     * Sets how many retries each second allows besides those that were earned, so that whoever calls rarely, or whose calls
     * all fail, still retries now and then. They are not saved for longer than a second. Default 1.
     *
     * @param retries in [0, 1,000,000]; 0 for none
     * @return this builder
     * @throws IllegalArgumentException if {@code retries} is outside, or not a number
     */
    public Builder perSecond(double retries) {
      perSecond = Setting.inRange("perSecond", 0, 1_000_000, retries);
      return this;
    }

    /**
     * Builds the settings.
     *
     * @return the settings
     */
    public RetryBudgetConfig build() {
      return new RetryBudgetConfig(this);
    }
  }
}
