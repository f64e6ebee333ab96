package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTransition;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;

/**
 * The status of one component, and since when. Guarded by the lock of its owner, which so decides the order of changes; the
 * owner delivers the events when it has given that lock back.
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

  /** Those that {@link #move(HealthStatus, String)} counted. */
  long failures() {
    return failures;
  }

  void detach() {
    detached = true;
  }

  /**
   * Takes what a look found, counting those in a row that failed.
   *
   * @return whether to call {@link EventChannel#deliver} once the lock is given back
   */
  boolean move(HealthStatus to, String detail) {
    failures = to.isServing() ? 0 : failures + 1;
    return move(to, failures, detail);
  }

  /** The same where failures are counted elsewhere. */
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
        && events.enqueue(new HealthTransition(
            component, sequence, from, to, consecutiveFailures, detail, since));
  }

  private static boolean isWithoutFault(HealthStatus status) {
    return status.compareTo(HealthStatus.DEGRADED) < 0;
  }

  /** Says since when it is so. */
  HealthResult date(HealthResult result) {
    return new HealthResult(
        result.status(), result.detail(), result.duration(), since, result.details());
  }
}
