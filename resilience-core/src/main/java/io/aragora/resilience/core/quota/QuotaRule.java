package io.aragora.resilience.core.quota;

import io.aragora.resilience.quota.WhenAlone;
import java.time.Duration;

/**
 * The settings of one shared limit.
 *
 * @param quota the name of its quota in the store
 * @param settings its settings as the store compares them
 * @param limit the permits that the fleet earns in each period; 0 if calls earn all of them
 * @param period the period
 * @param burst the most permits that the quota holds
 * @param startsFull whether a new quota is full
 * @param largestLease the most permits that an instance holds, at least 1
 * @param whenAlone what an instance takes while the store does not answer
 * @param assumedInstances the number of instances as long as the store has never answered
 */
public record QuotaRule(
    String quota,
    String settings,
    double limit,
    Duration period,
    int burst,
    boolean startsFull,
    int largestLease,
    WhenAlone whenAlone,
    int assumedInstances) {
  private static final double LARGEST_LEASE_SECONDS = 0.25;
  private static final double NANOS_PER_SECOND = 1e9;

  /** A day. */
  private static final double LONGEST_NANOS = 86_400e9;

  /**
   * Returns how many permits a lease may have if it is to last at most a quarter of a second at the rate of the whole fleet.
   *
   * @param limit the permits of each period
   * @param period the period
   * @param burst the most permits that the quota holds
   * @return the number of permits, in [1, {@code burst}]
   */
  public static int largestLease(double limit, Duration period, int burst) {
    double permits = limit / period.toNanos() * NANOS_PER_SECOND * LARGEST_LEASE_SECONDS;
    return (int) Math.max(1, Math.min(burst, permits));
  }

  double permitsPerSecond() {
    return limit / period.toNanos() * NANOS_PER_SECOND;
  }

  /** Returns the time in which the fleet earns a number of permits, at most a day. */
  long nanosFor(double permits) {
    double nanos = permits <= 0 ? 0 : permits / limit * period.toNanos();
    return (long) Math.min(LONGEST_NANOS, nanos);
  }
}
