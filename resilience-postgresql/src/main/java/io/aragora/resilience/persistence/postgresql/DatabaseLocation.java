package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.internal.OneLine;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * The location of the database, and how to connect to it. The driver receives user, password and parameters as properties,
 * never in its URL, which it logs. Immutable.
 */
final class DatabaseLocation {
  /**
   * The time for which an operation may wait for an unreachable server, or for another client that hangs. The driver's limits are in seconds,
   * except that of TLS; the server's are in milliseconds. The server gives up before the socket does, so that it can report the reason.
   */
  enum Limits {
    /** A save may take some time. */
    STATE(3, 6, 5000, 3000),
    /** A lease is of no use later. */
    QUOTA(1, 2, 1000, 500);

    private final int connectSeconds;
    private final int socketSeconds;
    private final int statementMillis;
    private final int lockMillis;

    Limits(int connectSeconds, int socketSeconds, int statementMillis, int lockMillis) {
      this.connectSeconds = connectSeconds;
      this.socketSeconds = socketSeconds;
      this.statementMillis = statementMillis;
      this.lockMillis = lockMillis;
    }

    private void put(Properties properties) {
      properties.putIfAbsent(PGProperty.CONNECT_TIMEOUT.getName(), "" + connectSeconds);
      properties.putIfAbsent(
          PGProperty.SSL_RESPONSE_TIMEOUT.getName(),
          "" + TimeUnit.SECONDS.toMillis(connectSeconds));
      properties.putIfAbsent(PGProperty.SOCKET_TIMEOUT.getName(), "" + socketSeconds);
      properties.putIfAbsent(PGProperty.TCP_KEEP_ALIVE.getName(), "true");
      properties.putIfAbsent(PGProperty.APPLICATION_NAME.getName(), "resilience");
      properties.putIfAbsent(
          PGProperty.OPTIONS.getName(),
          "-c statement_timeout=" + statementMillis + " -c lock_timeout=" + lockMillis
              + " -c idle_in_transaction_session_timeout=10000");
    }
  }

  private static final String PREFIX = "postgresql:";
  private static final int MAX_SHOWN = 1000;
  private static final String MASK = "***";

  /** Parameters whose values are safe to log. */
  private static final Set<String> HARMLESS = Set.of(
      "ApplicationName",
      "connectTimeout",
      "currentSchema",
      "socketTimeout",
      "sslmode",
      "targetServerType",
      "tcpKeepAlive",
      "user");

  private final String url;
  private final Properties properties;
  private final String shown;

  private DatabaseLocation(String url, Properties properties, String shown) {
    this.url = url;
    this.properties = properties;
    this.shown = shown;
  }

  /** Returns the location of a state store. */
  static DatabaseLocation parse(String location) {
    return parse(location, Limits.STATE);
  }

  static DatabaseLocation parse(String location, Limits limits) {
    if (!location.startsWith(PREFIX)) {
      throw new IllegalArgumentException("store location must start with '" + PREFIX + "'");
    }
    Properties properties = new Properties();
    putParameters(properties, location);
    String server = server(location);
    int at = server.lastIndexOf('@');
    if (at >= 0) {
      if (!server.startsWith("//") || server.substring(2, at).contains("/")) {
        throw rejected("have user and password right before the host, percent-encoded", location);
      }
      putUser(properties, server.substring(2, at), location);
      server = "//" + server.substring(at + 1);
    }
    limits.put(properties);
    // Before the driver looks for a password.
    String finding = DriverFiles.finding(properties);
    if (finding != null) {
      throw new IllegalArgumentException(finding);
    }
    String url = "jdbc:" + PREFIX + server;
    if (Driver.parseURL(url, properties) == null) {
      throw rejected("be like 'postgresql://host:port/database'", location);
    }
    return new DatabaseLocation(url, properties, shown(location));
  }

  private static String server(String location) {
    int end = location.indexOf('?');
    return location.substring(PREFIX.length(), end < 0 ? location.length() : end);
  }

  private static List<String> parameters(String location) {
    int begin = location.indexOf('?');
    return begin < 0
        ? List.of()
        : Arrays.stream(location.substring(begin + 1).split("&"))
            .filter(parameter -> !parameter.isEmpty())
            .toList();
  }

  private static @Nullable String name(String parameter) {
    int end = parameter.indexOf('=');
    PGProperty known = end < 0 ? null : PGProperty.forName(parameter.substring(0, end));
    // The driver reads its service file only for a URL.
    return known == null || known == PGProperty.SERVICE ? null : known.getName();
  }

  private static void putParameters(Properties properties, String location) {
    List<String> parameters = parameters(location);
    for (int i = 0; i < parameters.size(); i++) {
      String parameter = parameters.get(i);
      String name = name(parameter);
      if (name == null) {
        // Not shown: it may be the rest of a password that contains '&'.
        throw rejected(
            "have only parameters that the driver knows, as name=value with '&' in a value written"
                + " as %26, which number " + (i + 1) + " is not",
            location);
      }
      properties.setProperty(
          name, decoded(parameter.substring(parameter.indexOf('=') + 1), location));
    }
  }

  private static void putUser(Properties properties, String text, String location) {
    // '+' stands for a space in parameters only.
    String[] parts = text.replace("+", "%2B").split(":", 2);
    properties.putIfAbsent(PGProperty.USER.getName(), decoded(parts[0], location));
    if (parts.length > 1) {
      properties.putIfAbsent(PGProperty.PASSWORD.getName(), decoded(parts[1], location));
    }
  }

  private static String decoded(String text, String location) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw rejected("have two hexadecimal digits after each '%'", location);
    }
  }

  private static IllegalArgumentException rejected(String rule, String location) {
    return new IllegalArgumentException(
        "store location must " + rule + ": '" + shown(location) + "'");
  }

  /** Returns the location without secrets, even if it is invalid. */
  static String shown(String location) {
    if (!location.startsWith(PREFIX)) {
      return MASK;
    }
    List<String> parameters = parameters(location);
    // A password may contain '?', so whatever stands before the last '@' may be a part of it.
    boolean isSecret = parameters.stream().anyMatch(text -> text.indexOf('@') >= 0);
    String shown = PREFIX
        + (isSecret ? MASK : shownServer(server(location)))
        + parameters.stream()
            .map(text -> masked(text, isSecret))
            .collect(Collectors.joining("&", parameters.isEmpty() ? "" : "?", ""));
    return OneLine.of(shown, MAX_SHOWN);
  }

  private static String shownServer(String server) {
    int at = server.lastIndexOf('@');
    return at < 0 ? server : "//" + MASK + server.substring(at);
  }

  private static String masked(String parameter, boolean isSecret) {
    String name = name(parameter);
    if (name == null) {
      return MASK;
    }
    return HARMLESS.contains(name) && !isSecret ? parameter : name + "=" + MASK;
  }

  /** Not by the JDK's DriverManager, which depends on class loaders and asks every registered driver. */
  Connection connect() throws SQLException {
    String finding = DriverFiles.finding(properties);
    if (finding != null) {
      throw new SQLException(finding);
    }
    return Objects.requireNonNull(new Driver().connect(url, properties), "the driver's own URL");
  }

  /** Returns the location without secrets. */
  @Override
  public String toString() {
    return shown;
  }
}
