package io.aragora.resilience.core.settings;

import org.jspecify.annotations.Nullable;

/**
 * The system properties and the environment of the process. Read again each time, because system
 * properties may change.
 */
class Surroundings {
  /** Returns a system property; null if it is not set. */
  @Nullable
  String property(String name) {
    return System.getProperty(name);
  }

  /** Returns an environment variable; null if it is not set. */
  @Nullable
  String variable(String name) {
    return System.getenv(name);
  }
}
