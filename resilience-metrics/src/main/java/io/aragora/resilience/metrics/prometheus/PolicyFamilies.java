package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The families in which the numbers of policies are shown, by kind and name of the number. A number without a family is not shown. */
final class PolicyFamilies {
  /** What precedes the number of an attempt. */
  static final String ATTEMPTS = "attempts.";

  /** The kind of rate limiters with keys; their calls are shown by key. */
  static final String LIMITERS_WITH_KEYS = "keyedratelimiter";

  private static final Map<String, Map<String, MetricFamilyDescriptor>> ALL = Map.of(
      "retry",
      Map.of("calls", Families.RETRY_CALLS, "retries", Families.RETRY_ATTEMPTS),
      "retrybudget",
      Map.of("refused", Families.BUDGET_REFUSED, "level", Families.BUDGET_LEVEL),
      "timeout",
      Map.of("calls", Families.TIMEOUT_CALLS, "timeouts", Families.TIMEOUTS),
      "bulkhead",
      Map.of(
          "calls",
          Families.BULKHEAD_CALLS,
          "in_use",
          Families.BULKHEAD_IN_USE,
          "limit",
          Families.BULKHEAD_LIMIT,
          "waiting",
          Families.BULKHEAD_WAITING,
          "expired_permits",
          Families.BULKHEAD_EXPIRED),
      "ratelimiter",
      Map.of(
          "calls",
          Families.RATE_LIMITER_CALLS,
          "permits",
          Families.RATE_LIMITER_PERMITS,
          "available",
          Families.RATE_LIMITER_AVAILABLE,
          "waiting",
          Families.RATE_LIMITER_WAITING,
          "paused_seconds",
          Families.RATE_LIMITER_PAUSED),
      LIMITERS_WITH_KEYS,
      Map.of(
          "keys",
          Families.LIMITER_KEYS,
          "evictions",
          Families.LIMITER_KEY_EVICTIONS,
          "overflows",
          Families.LIMITER_KEY_OVERFLOWS),
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
