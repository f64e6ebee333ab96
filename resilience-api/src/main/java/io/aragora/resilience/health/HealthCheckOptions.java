package io.aragora.resilience.health;

import io.aragora.resilience.internal.Setting;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The settings of a check: when the registry runs it, and the weight of its result. Immutable and thread-safe. */
public final class HealthCheckOptions {
  private static final HealthCheckOptions DEFAULTS = new HealthCheckOptions(
      Set.of(HealthGroup.READINESS), true, Duration.ofSeconds(2), Duration.ofSeconds(1));

  private final Set<HealthGroup> groups;
  private final boolean critical;
  private final Duration timeout;
  private final Duration timeToLive;

  private HealthCheckOptions(
      Set<HealthGroup> groups, boolean critical, Duration timeout, Duration timeToLive) {
    this.groups = Set.copyOf(groups);
    this.critical = critical;
    this.timeout = timeout;
    this.timeToLive = timeToLive;
  }

  /** {@return the groups that include the check, unmodifiable} Liveness is only for a fault that a restart repairs. */
  public Set<HealthGroup> groups() {
    return groups;
  }

  /**
   * {@return whether a failure makes the whole group fail} An optional check makes it at worst {@link
   * HealthStatus#DEGRADED}.
   */
  public boolean critical() {
    return critical;
  }

  /** {@return the time after which a running check counts as unhealthy} Positive, at most 106,751 days. */
  public Duration timeout() {
    return timeout;
  }

  /** {@return the time for which a result is reused} Zero for never, at most 106,751 days. */
  public Duration timeToLive() {
    return timeToLive;
  }

  /** {@return the defaults: a critical readiness check with a timeout of 2 s, whose result is reused for 1 s} */
  public static HealthCheckOptions defaults() {
    return DEFAULTS;
  }

  /**
   * Sets that the check is optional: its failure makes a group at worst {@link HealthStatus#DEGRADED}.
   *
   * @return a copy that is not critical
   */
  public HealthCheckOptions optional() {
    return new HealthCheckOptions(groups, false, timeout, timeToLive);
  }

  /**
   * Sets the groups that include the check. Default {@link HealthGroup#READINESS}.
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
   * Sets the timeout of the check. Default 2 s.
   *
   * @param timeout positive and at most 106,751 days
   * @return a copy with this timeout
   * @throws IllegalArgumentException if {@code timeout} is not positive or exceeds 106,751 days
   */
  public HealthCheckOptions withTimeout(Duration timeout) {
    return new HealthCheckOptions(
        groups, critical, Setting.positive("timeout", timeout), timeToLive);
  }

  /**
   * Sets the time for which a result is reused. Default 1 s.
   *
   * @param timeToLive not negative, at most 106,751 days; zero for never
   * @return a copy with this time to live
   * @throws IllegalArgumentException if {@code timeToLive} is negative or exceeds 106,751 days
   */
  public HealthCheckOptions withTimeToLive(Duration timeToLive) {
    return new HealthCheckOptions(
        groups, critical, timeout, Setting.notNegative("timeToLive", timeToLive));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HealthCheckOptions that
        && groups.equals(that.groups)
        && critical == that.critical
        && timeout.equals(that.timeout)
        && timeToLive.equals(that.timeToLive);
  }

  @Override
  public int hashCode() {
    return Objects.hash(groups, critical, timeout, timeToLive);
  }

  @Override
  public String toString() {
    return "HealthCheckOptions[groups=" + groups + ", critical=" + critical + ", timeout=" + timeout
        + ", timeToLive=" + timeToLive + "]";
  }
}
