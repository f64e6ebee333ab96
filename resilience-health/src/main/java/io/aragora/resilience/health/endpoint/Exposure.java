package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.internal.OneLine;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The paths that are served beside health. Immutable.
 *
 * <p>Default: every path on loopback, health alone beyond it. Probes come from other machines; page, metrics and control must be exposed by name.
 */
final class Exposure {
  /** Stands for health alone. */
  static final String HEALTH = "health";
  /** Stands for the live page and the stream that feeds it. */
  static final String PAGE = "page";
  /** Stands for the stream alone. */
  static final String EVENTS = "events";
  /** Stands for the requests of operators. */
  static final String CONTROL = "control";
  /** Stands for everything. */
  static final String ALL = "all";

  private static final int MOST = 100;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*");

  private final Set<String> names;

  /** Creates the exposure that is configured, or the default of an address. */
  Exposure(InetAddress bound, @Nullable List<String> configured) {
    this.names = configured != null
        ? Set.copyOf(configured)
        : Set.of(bound.isLoopbackAddress() ? ALL : HEALTH);
  }

  /**
   * Parses names separated by commas.
   *
   * @throws IllegalArgumentException if a name is invalid, or there are no names, or more than 100
   */
  static List<String> names(String setting, String value) {
    List<String> names = Arrays.stream(value.split(",", -1)).map(String::trim).toList();
    if (names.size() > MOST) {
      throw new IllegalArgumentException(
          setting + " must be at most " + MOST + " names: " + names.size());
    }
    for (String name : names) {
      if (name.length() > 255 || !NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(setting
            + " must contain only health, page, events, control, all, or contributed paths without the first slash: "
            + OneLine.of(name, EndpointSettings.MOST_SHOWN));
      }
    }
    return names;
  }

  boolean page() {
    return has(PAGE);
  }

  boolean events() {
    return has(PAGE) || has(EVENTS);
  }

  boolean control() {
    return has(CONTROL);
  }

  /** Returns whether the page that another module contributes at a path is exposed. */
  boolean contributed(String path) {
    return has(path.substring(1));
  }

  /** Returns the configured names that match no path; {@code contributed} are the paths of other modules. */
  Set<String> unknown(Set<String> contributed) {
    Set<String> unknown = new LinkedHashSet<>(names);
    unknown.removeAll(Set.of(HEALTH, PAGE, EVENTS, CONTROL, ALL));
    contributed.forEach(path -> unknown.remove(path.substring(1)));
    return unknown;
  }

  private boolean has(String name) {
    return names.contains(ALL) || names.contains(name);
  }
}
