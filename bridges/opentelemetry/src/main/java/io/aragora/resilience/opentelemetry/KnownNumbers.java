package io.aragora.resilience.opentelemetry;

import java.util.List;
import java.util.Map;

/**
 * The numbers of policies in this release, with the instrument of each. Its instruments exist from the start, so that the
 * first collection shows them; those of later kinds are found by a collection and shown from the next one on.
 */
final class KnownNumbers {
  /** The instrument that shows a number. */
  enum Type {
    COUNTER,
    /** A level of which the sum over instances makes sense. */
    UP_DOWN_COUNTER,
    GAUGE
  }

  /**
   * A number.
   *
   * @param type its instrument
   * @param unit its unit, by UCUM
   * @param description what it is
   */
  record Shown(Type type, String unit, String description) {}

  private static final Shown OTHER_COUNT = new Shown(Type.COUNTER, "1", "");
  private static final Shown OTHER_LEVEL = new Shown(Type.GAUGE, "1", "");
  private static final Shown OTHER_SECONDS = new Shown(Type.GAUGE, "s", "");

  static final Map<String, List<String>> KINDS = Map.ofEntries(
      kind(
          "circuitbreaker",
          "calls slow_calls throttled_calls throttle_share transitions state failure_rate"),
      kind("keyedcircuitbreaker", "calls keys impaired_keys evictions overflows"),
      kind("retry", "calls retries attempts"),
      kind("retrybudget", "level capacity rejected alone instances"),
      kind("timeout", "calls timeouts"),
      kind("bulkhead", "calls in_use limit waiting expired_permits stray_releases"),
      kind(
          "concurrencylimit",
          "calls in_use limit waiting drops latency_seconds changes stray_releases"),
      kind(
          "ratelimiter",
          "calls permits available limit burst waiting paused_seconds alone instances"),
      kind("keyedratelimiter", "calls permits keys waiting evictions overflows"),
      kind("hedge", "calls hedges won_late started delay_seconds"),
      kind("coalescer", "calls flights"),
      kind("chaos", "injections active"),
      kind("fallback", "calls"));

  private static final Map<String, Shown> NUMBERS = Map.ofEntries(
      count("calls", "{call}", "Calls by outcome"),
      count("slow_calls", "{call}", "Calls that took as long as slowCallDuration, or longer"),
      count("throttled_calls", "{call}", "Calls that the closed breaker throttled"),
      gauge("throttle_share", "1", "Share of calls that the closed breaker throttles now"),
      count("transitions", "{transition}", "State transitions"),
      gauge("state", "1", "State: 0 admits every call, 1 admits none, 2 is half-open"),
      gauge("failure_rate", "1", "Share of failures in the window, 0 to 1"),
      gauge("keys", "{key}", "Keys with their own state"),
      gauge("impaired_keys", "{key}", "Keys that are open, forced open or half-open"),
      count("evictions", "{key}", "Keys that were evicted"),
      count("overflows", "{call}", "Look-ups of a key that overflowed"),
      count("retries", "{attempt}", "Attempts beyond the first of each call"),
      count("attempts", "{attempt}", "Attempts by number and outcome"),
      sum("level", "{attempt}", "Unused retries that successes have earned"),
      sum("capacity", "{attempt}", "The most unused retries that the budget holds"),
      count("rejected", "{attempt}", "Retries that the budget rejected"),
      gauge("alone", "1", "1 while it works without the quota store, else 0"),
      gauge("instances", "{instance}", "Instances that share it"),
      count("timeouts", "{call}", "Calls that exceeded the timeout"),
      sum("in_use", "{call}", "Calls under way"),
      sum("limit", "{call}", "The limit now"),
      sum("waiting", "{call}", "Calls that wait"),
      count("expired_permits", "{permit}", "Permits that were held longer than maxHold"),
      count("stray_releases", "{permit}", "Permits that were released twice, or never acquired"),
      count("drops", "{call}", "Calls whose end was a sign of overload"),
      gauge(
          "latency_seconds", "s", "The percentile of the last window, and what it is without load"),
      count("changes", "{window}", "Windows by the rule that decided"),
      count("permits", "{permit}", "Permits that calls took"),
      sum("available", "{permit}", "Permits that can be taken now"),
      sum("burst", "{permit}", "Permits that can be taken at once"),
      gauge("paused_seconds", "s", "How much longer it is paused"),
      count("hedges", "{attempt}", "Hedges by outcome"),
      count(
          "won_late",
          "{attempt}",
          "Hedges that won, and waited for a first attempt that went on after its interrupt"),
      count("started", "{attempt}", "Hedges that started"),
      gauge("delay_seconds", "s", "The present delay before a call is hedged"),
      gauge("flights", "{key}", "Keys with a call under way"),
      count("injections", "{call}", "Calls into which chaos injected something"),
      gauge("active", "1", "1 while chaos is active, else 0"));

  private KnownNumbers() {}

  /** Returns the number of that name; for an unknown one what its name and kind of reading say. */
  static Shown of(String base, boolean isCount) {
    Shown known = NUMBERS.get(base);
    if (known != null && (known.type == Type.COUNTER) == isCount) {
      return known;
    }
    if (isCount) {
      return OTHER_COUNT;
    }
    return base.endsWith("_seconds") ? OTHER_SECONDS : OTHER_LEVEL;
  }

  static boolean isCount(String base) {
    Shown known = NUMBERS.get(base);
    return known != null && known.type == Type.COUNTER;
  }

  /** Returns what stands before the dot in the name of a number. */
  static String base(String what) {
    int dot = what.indexOf('.');
    return dot < 0 ? what : what.substring(0, dot);
  }

  /** Returns the name of the metric. A unit is no part of it. */
  static String metric(String kind, String base) {
    String number = base.endsWith("_seconds") ? base.substring(0, base.length() - 8) : base;
    return "resilience." + kind + "." + number;
  }

  /** Returns the name of the attribute of what follows the dot in the name of a number. */
  static String attribute(String kind, String base) {
    return switch (base) {
      case "attempts" -> "resilience.attempt";
      case "calls" -> "resilience.priority";
      case "changes" -> "resilience.rule";
      case "injections" -> "resilience.injection";
      case "latency_seconds" -> "resilience.latency";
      default -> "resilience." + kind + ".part";
    };
  }

  private static Map.Entry<String, List<String>> kind(String name, String numbers) {
    return Map.entry(name, List.of(numbers.split(" ")));
  }

  private static Map.Entry<String, Shown> count(String name, String unit, String description) {
    return Map.entry(name, new Shown(Type.COUNTER, unit, description));
  }

  private static Map.Entry<String, Shown> sum(String name, String unit, String description) {
    return Map.entry(name, new Shown(Type.UP_DOWN_COUNTER, unit, description));
  }

  private static Map.Entry<String, Shown> gauge(String name, String unit, String description) {
    return Map.entry(name, new Shown(Type.GAUGE, unit, description));
  }
}
