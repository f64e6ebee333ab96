package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The health checks of a runtime. A scrape does not wait for a check: it asks for a report, whose checks use their results
 * again for a while, and shows the last one that is complete.
 */
final class HealthSeries {
  private record Seen(HealthResult result, long failures) {}

  private volatile @Nullable HealthReport latest;
  private Map<String, Seen> seen = Map.of();

  @SuppressWarnings(
      "FutureReturnValueIgnored") // what the callback leaves is read, now or next time
  void read(Resilience resilience, SampleList samples) {
    resilience.health().checkAllAsync().thenAccept(report -> latest = report);
    HealthReport report = latest;
    if (report == null) {
      return;
    }
    Map<String, Seen> next = new LinkedHashMap<>();
    report
        .checks()
        .forEach((name, result) -> next.merge(
            SampleList.label(name), seenNow(SampleList.label(name), result), HealthSeries::worse));
    seen = new HashMap<>(next);
    next.forEach((name, check) -> {
      samples.count(Families.HEALTH_STATUS, name, check.result.status().isServing() ? 1 : 0);
      samples.count(Families.HEALTH_SEVERITY, name, severity(check.result));
      samples.count(Families.HEALTH_FAILURES, name, check.failures);
    });
  }

  /** A result that is used again is the same object, and counts once. */
  @SuppressWarnings("ReferenceEquality") // another result may say the same
  private Seen seenNow(String name, HealthResult result) {
    Seen before = seen.get(name);
    if (before != null && before.result == result) {
      return before;
    }
    long failuresBefore = before == null ? 0 : before.failures;
    return new Seen(result, result.status().isServing() ? 0 : failuresBefore + 1);
  }

  private static Seen worse(Seen one, Seen other) {
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
