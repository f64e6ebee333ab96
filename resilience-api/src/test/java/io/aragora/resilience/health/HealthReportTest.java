package io.aragora.resilience.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HealthReportTest {
  private static final Instant TIME = Instant.parse("2026-03-04T05:06:07Z");

  private static HealthReport report(Map<String, HealthStatus> statuses) {
    Map<String, HealthResult> checks = new LinkedHashMap<>();
    statuses.forEach((name, status) -> checks.put(name, HealthResult.of(status, "")));
    return HealthReport.of(HealthStatus.HEALTHY, checks, TIME);
  }

  @Test
  @Tag("HE-03")
  @DisplayName("fields are kept, a map nests each component, and an empty report is healthy")
  void toMap_nestsEachComponent() {
    HealthReport empty = HealthReport.of(HealthStatus.HEALTHY, Map.of(), TIME);
    assertThat(empty.toMap())
        .containsExactly(
            Map.entry("overall_healthy", true),
            Map.entry("status", "healthy"),
            Map.entry("summary", "nothing registered"),
            Map.entry("checked_at", "2026-03-04T05:06:07Z"),
            Map.entry("components", Map.of()));
    HealthResult down = HealthResult.builder(HealthStatus.UNHEALTHY)
        .detail("no route")
        .duration(Duration.ofMillis(12))
        .since(TIME)
        .details(Map.of("host", "a"))
        .build();
    HealthReport report = HealthReport.of(HealthStatus.UNHEALTHY, Map.of("db", down), TIME);
    assertThat(report.status()).isEqualTo(HealthStatus.UNHEALTHY);
    assertThat(report.checkedAt()).isEqualTo(TIME);
    assertThat(report.toMap())
        .containsEntry("overall_healthy", false)
        .containsEntry(
            "components",
            Map.of(
                "db",
                Map.of(
                    "status", "unhealthy",
                    "detail", "no route",
                    "duration_ms", 12.0,
                    "since", "2026-03-04T05:06:07Z",
                    "details", Map.of("host", "a"))));
    assertThatThrownBy(() -> report.checks().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  @Tag("HE-19")
  @DisplayName("the summary counts and names unhealthy components, and unknown ones separately")
  void summary_namesUnhealthyComponents() {
    Map<String, HealthStatus> statuses = new LinkedHashMap<>();
    statuses.put("db", HealthStatus.HEALTHY);
    statuses.put("cache", HealthStatus.HEALTHY);
    assertThat(report(statuses).summary()).isEqualTo("all 2 healthy");
    statuses.put("queue", HealthStatus.UNKNOWN);
    assertThat(report(statuses).summary()).isEqualTo("1 unknown: queue");
    statuses.put("db", HealthStatus.CRITICAL);
    statuses.put("cache", HealthStatus.DEGRADED);
    assertThat(report(statuses).summary())
        .isEqualTo("2/3 not healthy: db, cache; 1 unknown: queue");
  }

  @ParameterizedTest
  @EnumSource(HealthStatus.class)
  @Tag("HE-29")
  @Tag("fault-58")
  @DisplayName("five statuses are in the order of their severity, each with its text")
  void statuses_areInOrderOfSeverity(HealthStatus status) {
    assertThat(HealthStatus.values())
        .extracting(HealthStatus::text)
        .containsExactly("healthy", "unknown", "degraded", "unhealthy", "critical");
    for (HealthStatus other : HealthStatus.values()) {
      assertThat(status.worse(other))
          .isEqualTo(status.ordinal() >= other.ordinal() ? status : other);
    }
    assertThat(status.isServing())
        .isEqualTo(status != HealthStatus.UNHEALTHY && status != HealthStatus.CRITICAL);
    assertThat(HealthReport.of(status, Map.of(), TIME).isHealthy())
        .isEqualTo(status == HealthStatus.HEALTHY || status == HealthStatus.UNKNOWN);
  }
}
