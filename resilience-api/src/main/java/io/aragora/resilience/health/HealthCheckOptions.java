package io.aragora.resilience.health;

import io.aragora.resilience.spi.Setting;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * How a check is run and what it weighs.
 *
 * @param groups who it answers, unmodifiable; liveness only for what a restart would mend
 * @param critical whether its failure makes the whole group fail; an optional check makes it {@link HealthStatus#DEGRADED}
 *     at worst
 * @param timeout how long it may take before it counts as unhealthy; positive, at most 365 days
 * @param timeToLive how long a result is used again; zero for never, at most 365 days
 */
public record HealthCheckOptions(
    Set<HealthGroup> groups, boolean critical, Duration timeout, Duration timeToLive) {
  private static final HealthCheckOptions DEFAULTS = new HealthCheckOptions(
      Set.of(HealthGroup.READINESS), true, Duration.ofSeconds(2), Duration.ofSeconds(1));

  /**
   * Checks the values.
   *
   * @param groups who it answers
   * @param critical whether its failure makes the whole group fail
   * @param timeout how long it may take; positive, at most 365 days
   * @param timeToLive how long a result is used again; 0 to 365 days
   * @throws IllegalArgumentException if a value is outside, or no group is given
   */
  public HealthCheckOptions {
    groups = Set.copyOf(groups);
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("groups must not be empty: " + groups);
    }
    Setting.positive("timeout", timeout);
    Setting.notNegative("timeToLive", timeToLive);
  }

  /**
   * Gives the defaults: a critical readiness check with 2 s to answer, whose result is used again for 1 s.
   *
   * @return the defaults
   */
  public static HealthCheckOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Makes the check optional.
   *
   * @return a copy that is not critical
   */
  public HealthCheckOptions optional() {
    return new HealthCheckOptions(groups, false, timeout, timeToLive);
  }

  /**
   * Sets who the check answers.
   *
   * @param first a group
   * @param more further groups
   * @return a copy with these groups
   */
  public HealthCheckOptions in(HealthGroup first, HealthGroup... more) {
    Objects.requireNonNull(first, "first");
    return new HealthCheckOptions(EnumSet.of(first, more), critical, timeout, timeToLive);
  }

  /**
   * Sets how long the check may take.
   *
   * @param limit positive and at most 365 days
   * @return a copy with this timeout
   * @throws IllegalArgumentException if {@code limit} is outside
   */
  public HealthCheckOptions withTimeout(Duration limit) {
    return new HealthCheckOptions(groups, critical, limit, timeToLive);
  }

  /**
   * Sets how long a result is used again.
   *
   * @param length not negative, at most 365 days
   * @return a copy with this time to live
   * @throws IllegalArgumentException if {@code length} is outside
   */
  public HealthCheckOptions withTimeToLive(Duration length) {
    return new HealthCheckOptions(groups, critical, timeout, length);
  }
}
