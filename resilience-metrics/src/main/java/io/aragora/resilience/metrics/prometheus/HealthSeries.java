package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The health of a runtime. A scrape starts the checks whose results are too old, and waits for none: until a check
 * ends, its previous result is shown.
 */
final class HealthSeries {
  private record Shown(HealthResult result, long failures) {}

  private HealthSeries() {}

  static void read(Resilience resilience, SampleList samples) {
    HealthRegistry health = resilience.health();
    CompletableFuture<HealthReport> asked = health.checkAllAsync();
    HealthReport report = asked.isDone() ? asked.join() : health.report();
    EndpointSeries.read(report, samples);
    Map<String, Shown> shown = new LinkedHashMap<>();
    report
        .checks()
        .forEach((name, result) -> shown.merge(
            SampleList.label(name),
            new Shown(result, health.consecutiveFailures(name)),
            HealthSeries::worse));
    shown.forEach((name, check) -> {
      samples.add(Families.HEALTH_STATUS, name, check.result.status().isServing() ? 1 : 0);
      samples.add(Families.HEALTH_SEVERITY, name, severity(check.result));
      samples.add(Families.HEALTH_FAILURES, name, check.failures);
    });
  }

  private static Shown worse(Shown one, Shown other) {
    return one.result.status().compareTo(other.result.status()) >= 0 ? one : other;
  }

  private static int severity(HealthResult result) {
    return switch (result.status()) {
      case HEALTHY -> 0;
      case UNKNOWN -> 1;
      case DEGRADED -> 2;
      case UNHEALTHY -> 3;
      case CRITICAL -> 4;
    };
  }
}
