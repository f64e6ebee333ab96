package io.aragora.resilience.health;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The results of all checks and trackers together. Immutable and thread-safe. */
public final class HealthReport {
  private final HealthStatus status;
  private final Map<String, HealthResult> checks;
  private final Instant checkedAt;

  private HealthReport(HealthStatus status, Map<String, HealthResult> checks, Instant checkedAt) {
    this.status = Objects.requireNonNull(status, "status");
    this.checks = Collections.unmodifiableMap(new LinkedHashMap<>(checks));
    this.checkedAt = Objects.requireNonNull(checkedAt, "checkedAt");
  }

  /**
   * Creates a report.
   *
   * @param status the worst status that counts
   * @param checks the results by name; copied in the same order
   * @param checkedAt the time of the report
   * @return the report
   */
  public static HealthReport of(
      HealthStatus status, Map<String, HealthResult> checks, Instant checkedAt) {
    return new HealthReport(status, checks, checkedAt);
  }

  /**
   * {@return the worst status: an optional check counts as {@link HealthStatus#DEGRADED} at worst; {@link
   * HealthStatus#HEALTHY} if nothing is registered}
   */
  public HealthStatus status() {
    return status;
  }

  /** {@return the results by name, in the order of registration; unmodifiable} */
  public Map<String, HealthResult> checks() {
    return checks;
  }

  /** {@return the time of the report} */
  public Instant checkedAt() {
    return checkedAt;
  }

  /**
   * Returns whether no fault is known.
   *
   * @return whether the status is {@link HealthStatus#HEALTHY} or {@link HealthStatus#UNKNOWN}
   */
  public boolean isHealthy() {
    return status.compareTo(HealthStatus.DEGRADED) < 0;
  }

  /** {@return the report in one line: "all 3 healthy", or "1/3 not healthy: database; 1 unknown: queue"} */
  public String summary() {
    if (checks.isEmpty()) {
      return "nothing registered";
    }
    List<String> bad = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    checks.forEach((name, result) -> {
      if (result.status() == HealthStatus.UNKNOWN) {
        unknown.add(name);
      } else if (result.status() != HealthStatus.HEALTHY) {
        bad.add(name);
      }
    });
    List<String> parts = new ArrayList<>();
    if (!bad.isEmpty()) {
      parts.add(bad.size() + "/" + checks.size() + " not healthy: " + String.join(", ", bad));
    }
    if (!unknown.isEmpty()) {
      parts.add(unknown.size() + " unknown: " + String.join(", ", unknown));
    }
    return parts.isEmpty() ? "all " + checks.size() + " healthy" : String.join("; ", parts);
  }

  /**
   * Returns all values by name: {@code overall_healthy}, {@code status}, {@code summary}, {@code checked_at} (in ISO
   * 8601) and {@code components}, which has a {@linkplain HealthResult#toMap() map} for each name.
   *
   * @return five entries, in this order
   */
  public Map<String, Object> toMap() {
    Map<String, Object> components = new LinkedHashMap<>();
    checks.forEach((name, result) -> components.put(name, result.toMap()));
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("overall_healthy", isHealthy());
    map.put("status", status.text());
    map.put("summary", summary());
    map.put("checked_at", checkedAt.toString());
    map.put("components", components);
    return map;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HealthReport that
        && status == that.status
        && checks.equals(that.checks)
        && checkedAt.equals(that.checkedAt);
  }

  @Override
  public int hashCode() {
    return Objects.hash(status, checks, checkedAt);
  }

  @Override
  public String toString() {
    return "HealthReport[status=" + status + ", checks=" + checks + ", checkedAt=" + checkedAt
        + "]";
  }
}
