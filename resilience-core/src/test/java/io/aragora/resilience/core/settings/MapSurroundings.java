package io.aragora.resilience.core.settings;

import java.util.Map;

/** The system properties and the environment of a test. */
final class MapSurroundings extends Surroundings {
  private final Map<String, String> properties;
  private final Map<String, String> environment;

  MapSurroundings(Map<String, String> properties, Map<String, String> environment) {
    this.properties = properties;
    this.environment = environment;
  }

  @Override
  String property(String name) {
    return properties.get(name);
  }

  @Override
  String variable(String name) {
    return environment.get(name);
  }
}
