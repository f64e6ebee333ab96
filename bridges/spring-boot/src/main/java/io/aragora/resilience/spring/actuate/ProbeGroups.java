package io.aragora.resilience.spring.actuate;

import java.util.List;
import org.springframework.core.env.Environment;

/** Decides which groups of Actuator include the health of the runtime. Immutable and thread-safe. */
final class ProbeGroups {
  private static final List<String> NAMES = List.of("liveness", "readiness");

  private final Environment environment;

  ProbeGroups(Environment environment) {
    this.environment = environment;
  }

  /** Returns whether a group is a probe whose members the application does not list itself. */
  boolean extend(String group) {
    return NAMES.contains(group)
        && !isSet("management.endpoint.health.group." + group + ".include")
        && !isSet("management.endpoint.health.group." + group + ".exclude");
  }

  private boolean isSet(String property) {
    return environment.containsProperty(property) || environment.containsProperty(property + "[0]");
  }
}
