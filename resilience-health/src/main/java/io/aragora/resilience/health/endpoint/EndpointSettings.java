package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.spi.ResilienceContext;
import io.aragora.resilience.spi.Setting;
import org.jspecify.annotations.Nullable;

/** Where an endpoint listens and how much it tells. */
record EndpointSettings(String host, int port, boolean details) {
  static final String DEFAULT_HOST = "127.0.0.1";

  /** Reads the properties; null where no port is set. */
  static @Nullable EndpointSettings of(ResilienceContext context) {
    String port = context.property(HealthEndpoint.PORT).orElse(null);
    if (port == null) {
      return null;
    }
    return new EndpointSettings(
        context.property(HealthEndpoint.HOST).orElse(DEFAULT_HOST),
        port(port),
        details(context.property(HealthEndpoint.DETAILS).orElse("false")));
  }

  private static int port(String value) {
    int port;
    try {
      port = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          HealthEndpoint.PORT + " must be a number in [0, 65535]: " + value, e);
    }
    return Setting.inRange(HealthEndpoint.PORT, 0, 65_535, port);
  }

  private static boolean details(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default ->
        throw new IllegalArgumentException(
            HealthEndpoint.DETAILS + " must be true or false: " + value);
    };
  }
}
