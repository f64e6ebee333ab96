package io.aragora.resilience.micrometer;

import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.Readings;
import io.micrometer.core.instrument.Tags;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The meter of a number: {@code latency_seconds.recent} of the kind {@code concurrencylimit} is {@code
 * resilience.concurrencylimit.latency} in seconds, with the tag {@code of=recent}. Numbers of later kinds follow the same rules.
 */
final class MeterNames {
  static final String PREFIX = "resilience.";
  static final String POLICIES = "resilience.policies";
  static final String NAME = "name";
  static final String RUNTIME = "runtime";
  static final String OUTCOME = "outcome";

  private static final String SECONDS = "_seconds";

  /** The tags of what follows the dot in the name of a number. */
  private static final Map<String, String> TAGS = Map.of(
      "attempts", "attempt",
      "calls", "priority",
      "changes", "rule",
      "injections", "kind");

  private static final Map<String, String> DESCRIPTIONS = Map.ofEntries(
      Map.entry("calls", "Calls by outcome"),
      Map.entry("slow.calls", "Calls that took as long as slowCallDuration, or longer"),
      Map.entry("transitions", "State transitions"),
      Map.entry("throttled.calls", "Calls that the closed breaker throttled"),
      Map.entry("throttle.share", "Share of calls that the closed breaker throttles now, 0 to 0.9"),
      Map.entry("state", "State: 0 admits every call, 1 admits none, 2 is half-open"),
      Map.entry("failure.rate", "Share of failures in the window, 0 to 1"),
      Map.entry("keys", "Keys with their own state"),
      Map.entry("impaired.keys", "Keys that are open, forced open or half-open"),
      Map.entry("evictions", "Keys that were evicted"),
      Map.entry("overflows", "Look-ups of a key that overflowed"),
      Map.entry("retries", "Attempts beyond the first of each call"),
      Map.entry("attempts", "Attempts by number and outcome"),
      Map.entry("level", "Unused retries that successes have earned"),
      Map.entry("capacity", "The most unused retries that the budget holds"),
      Map.entry("rejected", "Retries that the budget rejected"),
      Map.entry("alone", "1 while it works without the quota store, else 0"),
      Map.entry("instances", "Instances that share it"),
      Map.entry("timeouts", "Calls that exceeded the timeout"),
      Map.entry("limit", "The limit now"),
      Map.entry("in.use", "Calls under way"),
      Map.entry("waiting", "Calls that wait"),
      Map.entry("expired.permits", "Permits that were held longer than maxHold"),
      Map.entry("stray.releases", "Permits that were released twice, or never acquired"),
      Map.entry("drops", "Calls whose end was a sign of overload"),
      Map.entry("latency", "The percentile of the last window, and what it is without load"),
      Map.entry("changes", "Windows by the rule that decided"),
      Map.entry("permits", "Permits that calls took"),
      Map.entry("burst", "Permits that can be taken at once"),
      Map.entry("available", "Permits that can be taken now"),
      Map.entry("paused", "How much longer it is paused"),
      Map.entry("hedges", "Hedges by outcome"),
      Map.entry(
          "won.late",
          "Hedges that won, and waited for a first attempt that went on after its interrupt"),
      Map.entry("started", "Hedges that started"),
      Map.entry("delay", "The present delay before a call is hedged"),
      Map.entry("injections", "Calls into which chaos injected something, by kind"),
      Map.entry("active", "1 while chaos is active, else 0"),
      Map.entry("flights", "Keys with a call under way"));

  private MeterNames() {}

  static String meter(String kind, String what) {
    return PREFIX + kind + "." + number(what);
  }

  /** Returns the base unit; null if the number has none. */
  static @Nullable String unit(String what) {
    return base(what).endsWith(SECONDS) ? "seconds" : null;
  }

  static @Nullable String description(String what) {
    return DESCRIPTIONS.get(number(what));
  }

  static Tags tags(String runtime, String policy) {
    return Tags.of(RUNTIME, runtime, NAME, text(policy));
  }

  static Tags tags(String runtime, String policy, String what, String outcome) {
    Tags tags = tags(runtime, policy);
    int dot = what.indexOf('.');
    if (dot >= 0) {
      tags = tags.and(TAGS.getOrDefault(base(what), "of"), what.substring(dot + 1));
    }
    return outcome.equals(Readings.NONE) ? tags : tags.and(OUTCOME, outcome);
  }

  /** Returns the name of the timer of a kind of durations. */
  static String timer(DurationRecorder.Kind kind) {
    return switch (kind) {
      case SUCCESSFUL_CALL, FAILED_CALL -> "resilience.circuitbreaker.call.duration";
      case RETRY_DELAY -> "resilience.retry.delay";
      case EXCEEDED_LIMIT -> "resilience.timeout.exceeded";
      case BULKHEAD_WAIT -> "resilience.bulkhead.wait";
      case RATE_LIMITER_WAIT -> "resilience.ratelimiter.wait";
      case CONCURRENCY_LIMIT_WAIT -> "resilience.concurrencylimit.wait";
      default -> PREFIX + kind.name().toLowerCase(Locale.ROOT).replace('_', '.');
    };
  }

  static Tags tags(String runtime, String policy, DurationRecorder.Kind kind) {
    Tags tags = tags(runtime, policy);
    return switch (kind) {
      case SUCCESSFUL_CALL -> tags.and(OUTCOME, "success");
      case FAILED_CALL -> tags.and(OUTCOME, "failure");
      default -> tags;
    };
  }

  /** Returns a name without unpaired surrogates, which are no valid text and could make two meters equal when written. */
  static String text(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (Character.isSurrogate(name.charAt(i))) {
        return new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
      }
    }
    return name;
  }

  private static String number(String what) {
    String base = base(what);
    String bare =
        base.endsWith(SECONDS) ? base.substring(0, base.length() - SECONDS.length()) : base;
    return bare.replace('_', '.');
  }

  private static String base(String what) {
    int dot = what.indexOf('.');
    return dot < 0 ? what : what.substring(0, dot);
  }
}
