package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The families in which the numbers of policies are shown, by kind and name of the number. A number without a family is not shown. */
final class PolicyFamilies {
  /** What precedes the number of an attempt. */
  static final String ATTEMPTS = "attempts.";

  private static final Map<String, Map<String, MetricFamilyDescriptor>> ALL = Map.of(
      "retry",
      Map.of("calls", Families.RETRY_CALLS, "retries", Families.RETRY_ATTEMPTS),
      "retrybudget",
      Map.of("refused", Families.BUDGET_REFUSED, "level", Families.BUDGET_LEVEL),
      "timeout",
      Map.of("calls", Families.TIMEOUT_CALLS, "timeouts", Families.TIMEOUTS),
      "fallback",
      Map.of("calls", Families.FALLBACKS));

  private PolicyFamilies() {}

  static boolean has(String kind) {
    return ALL.containsKey(kind);
  }

  static @Nullable MetricFamilyDescriptor of(String kind, String what) {
    if (what.startsWith(ATTEMPTS)) {
      return Families.RETRY_ATTEMPT_OUTCOMES;
    }
    Map<String, MetricFamilyDescriptor> families = ALL.get(kind);
    return families == null ? null : families.get(what);
  }
}
