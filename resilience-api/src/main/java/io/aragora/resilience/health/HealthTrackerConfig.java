package io.aragora.resilience.health;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.DeclaredSettings;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The config of a {@link HealthTracker}. Immutable; build one with {@link #builder()}. */
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

  /** {@return the defaults: 3 failures, 2 successes, the latencies of 10 reports; a critical component of readiness} */
  public static HealthTrackerConfig defaults() {
    return DEFAULTS;
  }

  /** {@return a new builder with the defaults} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the value of {@link Builder#failureThreshold}, in consecutive failures} */
  public int failureThreshold() {
    return failureThreshold;
  }

  /** {@return the value of {@link Builder#recoveryThreshold}, in consecutive successes} */
  public int recoveryThreshold() {
    return recoveryThreshold;
  }

  /** {@return the value of {@link Builder#latencyWindow}, in reports} */
  public int latencyWindow() {
    return latencyWindow;
  }

  /** {@return the value of {@link Builder#staleAfter}; null if a healthy component stays healthy without reports} */
  public @Nullable Duration staleAfter() {
    return staleAfter;
  }

  /** {@return whether a failure of the component makes the whole group fail} */
  public boolean critical() {
    return critical;
  }

  /** {@return the groups that include the tracker, unmodifiable} */
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
   * Returns whether another config declares the same.
   *
   * @param other another config
   * @return whether every setting is the same, as {@link DeclaredSettings} compares them
   */
  public boolean declaresSameAs(HealthTrackerConfig other) {
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
    private int failureThreshold = 3;
    private int recoveryThreshold = 2;
    private int latencyWindow = 10;
    private @Nullable Duration staleAfter;
    private boolean critical = true;
    private Set<HealthGroup> groups = Set.of(HealthGroup.READINESS);

    private Builder() {}

    /**
     * Sets the number of consecutive failures that makes the component unhealthy. Default 3.
     *
     * @param failures at least 1
     * @throws IllegalArgumentException if {@code failures} is less than 1
     */
    public Builder failureThreshold(int failures) {
      failureThreshold = Setting.atLeast("failureThreshold", 1, failures);
      return this;
    }

    /**
     * Sets the number of consecutive successes that makes an unhealthy component healthy again. Default 2.
     *
     * @param successes at least 1
     * @throws IllegalArgumentException if {@code successes} is less than 1
     */
    public Builder recoveryThreshold(int successes) {
      recoveryThreshold = Setting.atLeast("recoveryThreshold", 1, successes);
      return this;
    }

    /**
     * Sets the number of latest reports whose latencies have a mean and a maximum. Default 10.
     *
     * @param reports in [1, 1000]
     * @throws IllegalArgumentException if {@code reports} is not in [1, 1000]
     */
    public Builder latencyWindow(int reports) {
      latencyWindow = Setting.inRange("latencyWindow", 1, 1000, reports);
      return this;
    }

    /**
     * Sets how long after the last report a healthy component becomes {@link HealthStatus#UNKNOWN}. For a component in
     * constant use, whose silence is a sign of a fault. Default: it stays healthy.
     *
     * @param length positive, at most 106,751 days
     * @throws IllegalArgumentException if {@code length} is not positive or exceeds 106,751 days
     */
    public Builder staleAfter(Duration length) {
      staleAfter = Setting.positive("staleAfter", length);
      return this;
    }

    /**
     * Sets whether a failure of the component makes the whole group fail; otherwise the group is {@link
     * HealthStatus#DEGRADED} at worst. Default true.
     *
     * @param yes whether the group fails
     */
    public Builder critical(boolean yes) {
      critical = yes;
      return this;
    }

    /**
     * Sets the groups that include the tracker. Default {@link HealthGroup#READINESS}.
     *
     * @param first a group
     * @param more further groups
     */
    public Builder in(HealthGroup first, HealthGroup... more) {
      Objects.requireNonNull(first, "first");
      groups = Collections.unmodifiableSet(EnumSet.of(first, more));
      return this;
    }

    /** {@return the settings} */
    public HealthTrackerConfig build() {
      return new HealthTrackerConfig(this);
    }
  }
}
