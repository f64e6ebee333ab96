package io.aragora.resilience.health;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What all checks found together.
 *
 * @param status the worst status that counts; {@link HealthStatus#HEALTHY} where nothing is registered
 * @param checks what each check found, by name, in the order of registration
 * @param checkedAt when the report was made
 */
public record HealthReport(
    HealthStatus status, Map<String, HealthResult> checks, Instant checkedAt) {
  /**
   * Copies the map, keeping its order.
   *
   * @param status the worst status that counts
   * @param checks what each check found
   * @param checkedAt when the report was made
   */
  public HealthReport {
    checks = Collections.unmodifiableMap(new LinkedHashMap<>(checks));
  }

  /**
   * Says it in a line: "all 3 healthy", or "1/3 not healthy: database".
   *
   * @return the line
   */
  public String summary() {
    if (checks.isEmpty()) {
      return "nothing registered";
    }
    StringBuilder bad = new StringBuilder();
    int count = 0;
    for (Map.Entry<String, HealthResult> check : checks.entrySet()) {
      if (check.getValue().status() != HealthStatus.HEALTHY) {
        bad.append(count++ == 0 ? "" : ", ").append(check.getKey());
      }
    }
    return count == 0
        ? "all " + checks.size() + " healthy"
        : count + "/" + checks.size() + " not healthy: " + bad;
  }
}
