package io.aragora.resilience.health.endpoint;

import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.internal.Setting;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The settings of an endpoint: address, details, hosts, token, exposed paths.
 *
 * @param host an address or name of this machine
 * @param port 0 for any free port
 * @param details whether each check is shown
 * @param hosts names that are accepted beside the safe ones
 * @param token the operator token; null if control is disabled
 * @param expose paths that are served beside health; null for the default of the address
 */
record EndpointSettings(
    String host,
    int port,
    boolean details,
    List<String> hosts,
    @Nullable OperatorToken token,
    @Nullable List<String> expose) {
  static final String DEFAULT_HOST = "127.0.0.1";
  static final int MOST_SHOWN = 100;
  private static final int MOST_HOSTS = 100;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,255}");

  /** Reads the properties; null if no port is set. */
  static @Nullable EndpointSettings of(ResilienceContext context) {
    String port = context.property(HealthEndpoint.PORT).orElse(null);
    if (port == null) {
      return null;
    }
    return new EndpointSettings(
        context.property(HealthEndpoint.HOST).orElse(DEFAULT_HOST),
        port(port),
        details(context.property(HealthEndpoint.DETAILS).orElse("false")),
        hosts(HealthEndpoint.HOSTS, context.property(HealthEndpoint.HOSTS).orElse("")),
        context
            .property(HealthEndpoint.OPERATOR_TOKEN)
            .map(token -> OperatorToken.of(HealthEndpoint.OPERATOR_TOKEN, token))
            .orElse(null),
        context
            .property(HealthEndpoint.EXPOSE)
            .map(names -> Exposure.names(HealthEndpoint.EXPOSE, names))
            .orElse(null));
  }

  /** Parses names separated by commas. */
  static List<String> hosts(String setting, String value) {
    List<String> hosts = Stream.of(value.split(","))
        .map(String::trim)
        .filter(name -> !name.isEmpty())
        .toList();
    if (hosts.size() > MOST_HOSTS) {
      throw new IllegalArgumentException(
          setting + " must be at most " + MOST_HOSTS + " names: " + hosts.size());
    }
    for (String host : hosts) {
      if (!host.equals(AcceptedHosts.ANY) && !NAME.matcher(host).matches()) {
        throw new IllegalArgumentException(setting + " must be names without a port, or * for any: "
            + OneLine.of(host, MOST_SHOWN));
      }
    }
    return hosts;
  }

  private static int port(String value) {
    int port;
    try {
      port = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          HealthEndpoint.PORT + " must be a number in [0, 65535]: " + OneLine.of(value, MOST_SHOWN),
          e);
    }
    return Setting.inRange(HealthEndpoint.PORT, 0, 65_535, port);
  }

  private static boolean details(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default ->
        throw new IllegalArgumentException(
            HealthEndpoint.DETAILS + " must be true or false: " + OneLine.of(value, MOST_SHOWN));
    };
  }
}
