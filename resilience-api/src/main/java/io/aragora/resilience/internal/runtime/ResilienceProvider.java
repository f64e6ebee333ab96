package io.aragora.resilience.internal.runtime;

import java.util.List;
import java.util.Map;

/**
 * Creates runtimes. Found by {@link java.util.ServiceLoader}; {@code resilience-core} has the only one. Needs a public
 * constructor without parameters that does nothing. Thread-safe.
 */
public interface ResilienceProvider {
  /**
   * Creates a runtime and attaches its plug-ins.
   *
   * @param settings the settings of the builder
   * @return a running {@code Resilience}, a type of a higher floor, which this package must not name
   */
  Object create(ResilienceSettings settings);

  /**
   * Returns the settings of policies that can be set outside the code.
   *
   * @return the names of the settings by the part of a key that stands for the kind of policy, in the order of display;
   *     unmodifiable
   */
  default Map<String, List<String>> settings() {
    return Map.of();
  }
}
