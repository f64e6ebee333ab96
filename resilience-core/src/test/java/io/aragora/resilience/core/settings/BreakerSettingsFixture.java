package io.aragora.resilience.core.settings;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfigRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The configs of breakers, with system properties and environment of the test. */
abstract class BreakerSettingsFixture {
  static final CircuitBreakerConfig DEFAULTS = CircuitBreakerConfig.defaults();

  final Map<String, String> properties = new HashMap<>();
  final Map<String, String> environment = new HashMap<>();
  final List<String> warnings = new ArrayList<>();
  final CircuitBreakerConfigRegistry settings = settings(null);

  @TempDir
  Path folder;

  CircuitBreakerConfigRegistry settings(Path file) {
    return new RuntimeSettings(
            file == null ? List.of() : List.of(ConfigSource.ofFile(file)),
            new MapSurroundings(properties, environment),
            new HeardWarnings(warnings))
        .breakers();
  }

  CircuitBreakerConfigRegistry withFile(String... lines) throws IOException {
    return settings(Files.writeString(folder.resolve("f.properties"), String.join("\n", lines)));
  }

  static List<String> changes(CircuitBreakerConfig config) {
    List<String> before = List.of(DEFAULTS.toString().split(", "));
    return List.of(config.toString().split(", ")).stream()
        .filter(setting -> !before.contains(setting))
        .toList();
  }
}
