package io.aragora.resilience.spring.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/** Adds the health of the runtime to groups of Actuator, whose types differ between Boot 3.5 and 4.0. Immutable and thread-safe. */
final class ProbeGroups {
  private static final List<String> NAMES = List.of("liveness", "readiness");

  private final Environment environment;

  ProbeGroups(Environment environment) {
    this.environment = environment;
  }

  /**
   * Returns the groups of Actuator, in which the probes have one member more.
   *
   * @param names the names of the groups
   * @param groups returns a group; null if there is none of that name
   * @param withMember returns a group with a member more
   */
  <G> Map<String, G> extended(
      Set<String> names,
      Function<String, @Nullable G> groups,
      BiFunction<G, String, ? extends G> withMember) {
    Map<String, G> all = new LinkedHashMap<>();
    for (String name : names) {
      G group = groups.apply(name);
      if (group != null) {
        all.put(
            name,
            isExtended(name)
                ? withMember.apply(group, GroupHealth.CONTRIBUTOR + "/" + name)
                : group);
      }
    }
    return all;
  }

  /** Returns whether a group is a probe whose members the application does not list itself. */
  private boolean isExtended(String group) {
    return NAMES.contains(group)
        && !isSet("management.endpoint.health.group." + group + ".include")
        && !isSet("management.endpoint.health.group." + group + ".exclude");
  }

  private boolean isSet(String property) {
    return environment.containsProperty(property) || environment.containsProperty(property + "[0]");
  }
}
