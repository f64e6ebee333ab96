package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTransition;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;

/**
 * The status of one component and the instant since which it holds. Guarded by the lock of the
 * owner, which decides the order of changes; the owner delivers the events after it has released
 * the lock.
 */
final class StatusTrail {
  private final String component;
  private final TimeSource time;
  private final EventChannel<HealthTransition> events;
  private HealthStatus status = HealthStatus.UNKNOWN;
  private Instant since;
  private long sequence;
  private long failures;
  private boolean detached;

  StatusTrail(String component, TimeSource time, EventChannel<HealthTransition> events) {
    this.component = component;
    this.time = time;
    this.events = events;
    this.since = time.wallTime();
  }

  HealthStatus status() {
    return status;
  }

  Instant since() {
    return since;
  }

  /** Returns the consecutive failures that {@link #move(HealthStatus, String)} counted. */
  long failures() {
    return failures;
  }

  void detach() {
    detached = true;
  }

  /**
   * Sets the status that a run found, and counts consecutive failures.
   *
   * @return whether to call {@link EventChannel#deliver} after the lock is released
   */
  boolean move(HealthStatus to, String detail) {
    failures = to.isServing() ? 0 : failures + 1;
    return move(to, failures, detail);
  }

  /** Sets the status of a component whose failures are counted elsewhere. */
  boolean move(HealthStatus to, long consecutiveFailures, String detail) {
    HealthStatus from = status;
    if (from == to) {
      return false;
    }
    status = to;
    since = time.wallTime();
    if (detached || (isWithoutFault(from) && isWithoutFault(to))) {
      return false;
    }
    sequence++;
    return events.isHeard()
        && events.enqueue(HealthTransition.builder(component, from, to)
            .sequence(sequence)
            .consecutiveFailures(consecutiveFailures)
            .detail(detail)
            .at(since)
            .build());
  }

  private static boolean isWithoutFault(HealthStatus status) {
    return status.compareTo(HealthStatus.DEGRADED) < 0;
  }

  /** Returns the result with the instant since which its status holds. */
  HealthResult date(HealthResult result) {
    return result.toBuilder().since(since).build();
  }
}
