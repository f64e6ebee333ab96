package io.aragora.resilience.health;

import io.aragora.resilience.spi.DeclaredSettings;
import io.aragora.resilience.spi.Setting;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The settings of a {@link HealthTracker}. Immutable; build one with {@link #builder()}. */
public final class HealthTrackerConfig {
  private static final HealthTrackerConfig DEFAULTS = builder().build();

  private final int failureThreshold;
  private final int recoveryThreshold;
  private final int latencyWindow;
  private final @Nullable Duration staleAfter;
  private final boolean critical;
  private final Set<HealthGroup> groups;

  private HealthTrackerConfig(Builder builder) {
    failureThreshold = builder.failureThreshold;
    recoveryThreshold = builder.recoveryThreshold;
    latencyWindow = builder.latencyWindow;
    staleAfter = builder.staleAfter;
    critical = builder.critical;
    groups = builder.groups;
  }

  /**
   * Gives the defaults: 3 failures, 2 successes, the latencies of 10 reports; a critical component of readiness.
   *
   * @return the defaults
   */
  public static HealthTrackerConfig defaults() {
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
   * Gives {@link Builder#failureThreshold}.
   *
   * @return failures in a row
   */
  public int failureThreshold() {
    return failureThreshold;
  }

  /**
   * Gives {@link Builder#recoveryThreshold}.
   *
   * @return successes in a row
   */
  public int recoveryThreshold() {
    return recoveryThreshold;
  }

  /**
   * Gives {@link Builder#latencyWindow}.
   *
   * @return reports
   */
  public int latencyWindow() {
    return latencyWindow;
  }

  /**
   * Gives {@link Builder#staleAfter}.
   *
   * @return the length; null where a healthy component stays so
   */
  public @Nullable Duration staleAfter() {
    return staleAfter;
  }

  /**
   * Gives {@link Builder#critical}.
   *
   * @return whether its failure makes the whole group fail
   */
  public boolean critical() {
    return critical;
  }

  /**
   * Gives {@link Builder#in}.
   *
   * @return who the tracker answers
   */
  public Set<HealthGroup> groups() {
    return groups;
  }

  /**
   * Returns every setting by its name.
   *
   * @return the settings
   */
  public DeclaredSettings declaredSettings() {
    return DeclaredSettings.builder()
        .add("failureThreshold", failureThreshold)
        .add("recoveryThreshold", recoveryThreshold)
        .add("latencyWindow", latencyWindow)
        .add("staleAfter", staleAfter, staleAfter == null ? "never" : staleAfter.toString())
        .add("critical", critical)
        .add("groups", groups)
        .build();
  }

  /**
   * Returns whether two configurations declare the same.
   *
   * @param other another configuration
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(HealthTrackerConfig other) {
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
    private int failureThreshold = 3;
    private int recoveryThreshold = 2;
    private int latencyWindow = 10;
    private @Nullable Duration staleAfter;
    private boolean critical = true;
    private Set<HealthGroup> groups = Set.of(HealthGroup.READINESS);

    private Builder() {}

    /**
     * Sets how many failures in a row make the component unhealthy. Default 3.
     *
     * @param failures at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code failures} is smaller
     */
    public Builder failureThreshold(int failures) {
      failureThreshold = Setting.atLeast("failureThreshold", 1, failures);
      return this;
    }

    /**
     * Sets how many successes in a row make an unhealthy component healthy again. Default 2.
     *
     * @param successes at least 1
     * @return this builder
     * @throws IllegalArgumentException if {@code successes} is smaller
     */
    public Builder recoveryThreshold(int successes) {
      recoveryThreshold = Setting.atLeast("recoveryThreshold", 1, successes);
      return this;
    }

    /**
     * Sets over how many of the latest latencies mean and maximum are taken. Default 10.
     *
     * @param reports in [1, 1000]
     * @return this builder
     * @throws IllegalArgumentException if {@code reports} is outside
     */
    public Builder latencyWindow(int reports) {
      latencyWindow = Setting.inRange("latencyWindow", 1, 1000, reports);
      return this;
    }

    /**
     * Sets how long after the last report a healthy component is {@link HealthStatus#UNKNOWN}. For one that is used all the
     * time, where silence is a sign. Default: it stays healthy.
     *
     * @param length positive, at most 365 days
     * @return this builder
     * @throws IllegalArgumentException if {@code length} is outside
     */
    public Builder staleAfter(Duration length) {
      staleAfter = Setting.positive("staleAfter", length);
      return this;
    }

    /**
     * Sets whether its failure makes the whole group fail; one that is not critical makes it {@link HealthStatus#DEGRADED} at
     * worst. Default true.
     *
     * @param yes whether it does
     * @return this builder
     */
    public Builder critical(boolean yes) {
      critical = yes;
      return this;
    }

    /**
     * Sets who the tracker answers. Default {@link HealthGroup#READINESS}.
     *
     * @param first a group
     * @param more further groups
     * @return this builder
     */
    public Builder in(HealthGroup first, HealthGroup... more) {
      Objects.requireNonNull(first, "first");
      groups = Collections.unmodifiableSet(EnumSet.of(first, more));
      return this;
    }

    /**
     * Builds the settings.
     *
     * @return the settings
     */
    public HealthTrackerConfig build() {
      return new HealthTrackerConfig(this);
    }
  }
}
