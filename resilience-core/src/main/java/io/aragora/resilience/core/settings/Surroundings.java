package io.aragora.resilience.core.settings;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the process is told from outside. Asked anew each time, since system properties may change.
 *
 * @param properties gives a system property by its name, or null
 * @param environment gives an environment variable by its name, or null
 */
record Surroundings(
    Function<String, @Nullable String> properties, Function<String, @Nullable String> environment) {

  static Surroundings ofProcess() {
    return new Surroundings(System::getProperty, System::getenv);
  }
}
