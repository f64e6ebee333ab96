package io.aragora.resilience.core.settings;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The system properties and the environment of the process. Read again each time, because system
 * properties may change.
 *
 * @param properties returns a system property by name, or null
 * @param environment returns an environment variable by name, or null
 */
record Surroundings(
    Function<String, @Nullable String> properties, Function<String, @Nullable String> environment) {

  static Surroundings ofProcess() {
    return new Surroundings(System::getProperty, System::getenv);
  }
}
