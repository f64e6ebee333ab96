package io.aragora.resilience.health;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What all checks and trackers found together.
 *
 * @param status the worst status that counts: an optional check counts as {@link HealthStatus#DEGRADED} at worst; {@link
 *     HealthStatus#HEALTHY} where nothing is registered
 * @param checks what each found, by name, in the order of registration; unmodifiable
 * @param checkedAt when the report was made
 */
public record HealthReport(
    HealthStatus status, Map<String, HealthResult> checks, Instant checkedAt) {
  /**
   * Copies the map, keeping its order.
   *
   * @param status the worst status that counts
   * @param checks what each found
   * @param checkedAt when the report was made
   */
  public HealthReport {
    Objects.requireNonNull(status, "status");
    checks = Collections.unmodifiableMap(new LinkedHashMap<>(checks));
    Objects.requireNonNull(checkedAt, "checkedAt");
  }

  /**
   * Tells whether nothing is known to be wrong.
   *
   * @return whether the status is {@link HealthStatus#HEALTHY} or {@link HealthStatus#UNKNOWN}
   */
  public boolean isHealthy() {
    return status.compareTo(HealthStatus.DEGRADED) < 0;
  }

  /**
   * Says it in a line: "all 3 healthy", or "1/3 not healthy: database; 1 unknown: queue".
   *
   * @return the line
   */
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
   * Gives all of it by name: {@code overall_healthy}, {@code status}, {@code summary}, {@code checked_at} (in ISO 8601) and
   * {@code components}, which has a {@linkplain HealthResult#toMap() map} for each name.
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
}
