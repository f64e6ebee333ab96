package io.aragora.resilience.health;

import java.time.Instant;

/**
 * One change of a component's status. A change between {@link HealthStatus#HEALTHY} and {@link HealthStatus#UNKNOWN} is
 * none, since nothing is known to be wrong in either.
 *
 * @param component the name of the check or tracker
 * @param sequence counts the changes of this component; 1 for the first, a gap where events were dropped
 * @param from the status before
 * @param to the status after
 * @param consecutiveFailures failures in a row that led here; 0 where the component serves again
 * @param detail what is said about it: the last error, where there is one, else empty
 * @param at the time of day
 */
public record HealthTransition(
    String component,
    long sequence,
    HealthStatus from,
    HealthStatus to,
    long consecutiveFailures,
    String detail,
    Instant at) {

  /**
   * Tells which way it went.
   *
   * @return whether the component serves again, having been {@link HealthStatus#UNHEALTHY} or worse
   */
  public boolean isRecovery() {
    return !from.isServing() && to.isServing();
  }
}
