package io.aragora.resilience.spring.actuate;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthStatus;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One group of the health registry as Actuator shows it. The types of Actuator's health differ between Boot 3.5 and 4.0; this
 * one knows neither. Immutable and thread-safe.
 */
final class GroupHealth {
  /** The name of the contributor, of which each group is a part. */
  static final String CONTRIBUTOR = "resilience";

  /** A status of Actuator. */
  enum Code {
    UP,
    UNKNOWN,
    DOWN
  }

  private final Code code;
  private final Map<String, Object> details;

  private GroupHealth(Code code, Map<String, Object> details) {
    this.code = code;
    this.details = details;
  }

  /**
   * Returns the parts of the contributor, by name.
   *
   * @param part creates a part of Actuator, which reads the health when it is asked
   */
  static <C> Map<String, C> parts(
      Resilience resilience, Function<? super Supplier<GroupHealth>, ? extends C> part) {
    Map<String, C> parts = new LinkedHashMap<>();
    for (HealthGroup group : HealthGroup.values()) {
      parts.put(name(group), part.apply((Supplier<GroupHealth>) () -> of(resilience, group)));
    }
    return parts;
  }

  /** Runs the checks of a group, or reuses their results within their time to live. */
  private static GroupHealth of(Resilience resilience, HealthGroup group) {
    HealthReport report = resilience.health().check(group);
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("runtime", resilience.name());
    details.put("status", report.status().text());
    details.put("summary", report.summary());
    Map<String, Object> checks = new LinkedHashMap<>();
    report.checks().forEach((name, result) -> checks.put(name, result.toMap()));
    details.put("checks", checks);
    return new GroupHealth(code(report.status()), details);
  }

  /** Degraded is up: the application serves, and a restart or another instance would not repair the dependency. */
  private static Code code(HealthStatus status) {
    return switch (status) {
      case HEALTHY, DEGRADED -> Code.UP;
      case UNKNOWN -> Code.UNKNOWN;
      case UNHEALTHY, CRITICAL -> Code.DOWN;
    };
  }

  Code code() {
    return code;
  }

  Map<String, Object> details() {
    return details;
  }

  /** Returns the name of a group, which is that of Actuator's own group. */
  private static String name(HealthGroup group) {
    return group.name().toLowerCase(Locale.ROOT);
  }
}
