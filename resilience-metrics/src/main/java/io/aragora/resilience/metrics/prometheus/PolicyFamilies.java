package io.aragora.resilience.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The families in which the numbers of policies are shown, by kind and name of the number. A number without a family is not shown. */
final class PolicyFamilies {
  /** The kind of rate limiters with keys; their calls are shown by key. */
  static final String LIMITERS_WITH_KEYS = "keyedratelimiter";

  private static final Map<String, Map<String, MetricFamilyDescriptor>> ALL = Map.ofEntries(
      Map.entry(
          "retry",
          Map.of(
              "calls",
              Families.RETRY_CALLS,
              "retries",
              Families.RETRY_ATTEMPTS,
              "attempts",
              Families.RETRY_ATTEMPT_OUTCOMES)),
      Map.entry(
          "retrybudget",
          Map.of(
              "rejected",
              Families.BUDGET_REJECTED,
              "level",
              Families.BUDGET_LEVEL,
              "alone",
              Families.BUDGET_ALONE)),
      Map.entry("timeout", Map.of("calls", Families.TIMEOUT_CALLS, "timeouts", Families.TIMEOUTS)),
      Map.entry(
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
              Families.BULKHEAD_EXPIRED)),
      Map.entry(
          "concurrencylimit",
          Map.of(
              "limit",
              Families.CONCURRENCY_LIMIT,
              "in_use",
              Families.CONCURRENCY_LIMIT_IN_USE,
              "waiting",
              Families.CONCURRENCY_LIMIT_WAITING,
              "calls",
              Families.CONCURRENCY_LIMIT_CALLS,
              "drops",
              Families.CONCURRENCY_LIMIT_DROPS,
              "latency_seconds",
              Families.CONCURRENCY_LIMIT_LATENCY,
              "changes",
              Families.CONCURRENCY_LIMIT_CHANGES)),
      Map.entry(
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
              Families.RATE_LIMITER_PAUSED,
              "alone",
              Families.RATE_LIMITER_ALONE,
              "instances",
              Families.RATE_LIMITER_INSTANCES)),
      Map.entry(
          LIMITERS_WITH_KEYS,
          Map.of(
              "keys",
              Families.LIMITER_KEYS,
              "evictions",
              Families.LIMITER_KEY_EVICTIONS,
              "overflows",
              Families.LIMITER_KEY_OVERFLOWS)),
      Map.entry(
          "hedge",
          Map.of(
              "calls",
              Families.HEDGE_CALLS,
              "hedges",
              Families.HEDGES,
              "won_late",
              Families.HEDGES_WON_LATE,
              "delay_seconds",
              Families.HEDGE_DELAY)),
      Map.entry(
          "chaos",
          Map.of("injections", Families.CHAOS_INJECTIONS, "active", Families.CHAOS_ACTIVE)),
      Map.entry(
          "coalescer",
          Map.of("calls", Families.COALESCER_CALLS, "flights", Families.COALESCER_FLIGHTS)),
      Map.entry("fallback", Map.of("calls", Families.FALLBACKS)));

  /** The labels of what follows the dot in the name of a number. */
  private static final Map<String, String> LABELS = Map.of(
      "attempts", MetricNames.ATTEMPT,
      "calls", MetricNames.PRIORITY,
      "latency_seconds", MetricNames.OF,
      "changes", MetricNames.RULE,
      "injections", MetricNames.KIND);

  private PolicyFamilies() {}

  static boolean has(String kind) {
    return ALL.containsKey(kind);
  }

  static @Nullable MetricFamilyDescriptor of(String kind, String what) {
    Map<String, MetricFamilyDescriptor> families = ALL.get(kind);
    return families == null ? null : families.get(name(what));
  }

  /** Returns the label and its value of a number that has a dot in its name; nothing for others. */
  static List<String> label(String what) {
    String label = LABELS.get(name(what));
    int dot = what.indexOf('.');
    return dot < 0 || label == null ? List.of() : List.of(label, what.substring(dot + 1));
  }

  private static String name(String what) {
    int dot = what.indexOf('.');
    return dot < 0 ? what : what.substring(0, dot);
  }
}
