package io.aragora.resilience.redis;

import io.lettuce.core.RedisURI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of the server, and the settings of connections to it. A location has one strict form, so a part of a
 * password is never taken for another part and shown. Immutable.
 */
final class RedisLocation {
  static final Set<String> SCHEMES = Set.of("redis", "rediss");

  /** The longest time for the TCP connection. */
  static final Duration CONNECT = Duration.ofSeconds(1);

  /** The bound of opening (names, TCP, TLS, password, first answer) if the timeout of a command is shorter. */
  private static final Duration OPEN = Duration.ofSeconds(2);

  private static final Pattern FORM = Pattern.compile(
      "(?i:(rediss?))://(?:([^@/?#\\s]*)@)?([^@/?#\\s]+)(?:/([0-9]{0,5}))?(?:\\?([^?#\\s]*))?");
  private static final Pattern HOST =
      Pattern.compile("([A-Za-z0-9._-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(?::([0-9]{1,5}))?");
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9.:_-]{1,64}");
  private static final Pattern MILLIS = Pattern.compile("[0-9]{1,5}");
  private static final int DEFAULT_PORT = 6379;
  private static final int MAX_PORT = 65_535;
  private static final int MIN_MILLIS = 10;
  private static final int MAX_MILLIS = 10_000;
  private static final int MAX_HOSTS = 100;
  private static final String MASK = "***";

  private final List<RedisURI> nodes;
  private final boolean isCluster;
  private final String prefix;
  private final Duration timeout;
  private final String shown;

  private RedisLocation(
      List<RedisURI> nodes, boolean isCluster, String prefix, Duration timeout, String shown) {
    this.nodes = nodes;
    this.isCluster = isCluster;
    this.prefix = prefix;
    this.timeout = timeout;
    this.shown = shown;
  }

  static RedisLocation parse(String location) {
    Matcher form = FORM.matcher(location);
    if (!form.matches()) {
      throw invalid(
          "be like 'redis://user:password@host:6379/0', with user and password percent-encoded",
          location);
    }
    Map<String, String> parameters = parameters(form.group(5), location);
    boolean isCluster = parameters.getOrDefault("cluster", "false").equals("true");
    Duration timeout =
        Duration.ofMillis(Integer.parseInt(parameters.getOrDefault("timeoutMillis", "500")));
    List<RedisURI> nodes = new ArrayList<>();
    String[] hosts = form.group(3).split(",", -1);
    if (hosts.length > (isCluster ? MAX_HOSTS : 1)) {
      throw invalid("have one host, or at most " + MAX_HOSTS + " with cluster=true", location);
    }
    for (String host : hosts) {
      RedisURI.Builder node = node(host, location)
          .withSsl(form.group(1).equalsIgnoreCase("rediss"))
          .withDatabase(database(form.group(4), isCluster, location))
          .withTimeout(opening(timeout))
          .withClientName("resilience");
      authenticate(node, form.group(2), location);
      nodes.add(node.build());
    }
    return new RedisLocation(
        List.copyOf(nodes),
        isCluster,
        parameters.getOrDefault("prefix", "resilience"),
        timeout,
        shown(form));
  }

  private static Map<String, String> parameters(@Nullable String text, String location) {
    Map<String, String> parameters = new HashMap<>();
    String[] parts = text == null || text.isEmpty() ? new String[0] : text.split("&", -1);
    for (int i = 0; i < parts.length; i++) {
      String[] part = parts[i].split("=", 2);
      String value = part.length < 2 ? "" : part[1];
      boolean isValid = switch (part[0]) {
        case "cluster" -> value.equals("true") || value.equals("false");
        case "prefix" -> PREFIX.matcher(value).matches();
        case "timeoutMillis" ->
          MILLIS.matcher(value).matches()
              && Integer.parseInt(value) >= MIN_MILLIS
              && Integer.parseInt(value) <= MAX_MILLIS;
        default -> false;
      };
      if (!isValid || parameters.put(part[0], value) != null) {
        // Not shown: it may be the rest of a password.
        throw invalid(
            "have as parameters only prefix, of up to 64 letters, digits and .:_-, timeoutMillis,"
                + " in [10, 10000], and cluster, true or false, each once, which number "
                + (i + 1)
                + " is not",
            location);
      }
    }
    return parameters;
  }

  private static RedisURI.Builder node(String text, String location) {
    Matcher host = HOST.matcher(text);
    int port = -1;
    if (host.matches()) {
      port = host.group(2) == null ? DEFAULT_PORT : Integer.parseInt(host.group(2));
    }
    if (port < 1 || port > MAX_PORT) {
      throw invalid("have a host name or address, and a port in [1, 65535]", location);
    }
    return RedisURI.Builder.redis(host.group(1).replaceAll("[\\[\\]]", ""), port);
  }

  private static int database(@Nullable String text, boolean isCluster, String location) {
    int database = text == null || text.isEmpty() ? 0 : Integer.parseInt(text);
    if (isCluster && database != 0) {
      throw invalid("have database 0 with cluster=true", location);
    }
    return database;
  }

  private static void authenticate(
      RedisURI.Builder node, @Nullable String userInfo, String location) {
    if (userInfo == null || userInfo.isEmpty()) {
      return;
    }
    int colon = userInfo.indexOf(':');
    if (colon < 0) {
      throw invalid("have user:password or :password before the host", location);
    }
    String user = decoded(userInfo.substring(0, colon), location);
    String password = decoded(userInfo.substring(colon + 1), location);
    if (user.isEmpty()) {
      node.withPassword((CharSequence) password);
    } else {
      node.withAuthentication(user, (CharSequence) password);
    }
  }

  private static String decoded(String text, String location) {
    try {
      // '+' stands for a space in forms only.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw invalid("have two hexadecimal digits after each '%'", location);
    }
  }

  private static IllegalArgumentException invalid(String rule, String location) {
    return new IllegalArgumentException("quotaStore must " + rule + ": '" + masked(location) + "'");
  }

  private static String masked(String location) {
    int colon = location.indexOf(':');
    String scheme = colon < 0 ? "" : location.substring(0, colon).toLowerCase(Locale.ROOT);
    return SCHEMES.contains(scheme) ? scheme + "://" + MASK : MASK;
  }

  /** Returns the location without secrets. */
  static String shown(String location) {
    try {
      return parse(location).shown;
    } catch (IllegalArgumentException e) {
      return masked(location);
    }
  }

  private static String shown(Matcher form) {
    String text = form.group(1).toLowerCase(Locale.ROOT) + "://";
    if (form.group(2) != null) {
      text += MASK + "@";
    }
    text += form.group(3);
    if (form.group(4) != null) {
      text += "/" + form.group(4);
    }
    return form.group(5) == null ? text : text + "?" + form.group(5);
  }

  List<RedisURI> nodes() {
    return nodes;
  }

  boolean isCluster() {
    return isCluster;
  }

  String prefix() {
    return prefix;
  }

  private static Duration opening(Duration timeout) {
    return timeout.compareTo(OPEN) > 0 ? timeout : OPEN;
  }

  Duration opening() {
    return opening(timeout);
  }

  Duration timeout() {
    return timeout;
  }

  /** Returns the location without secrets. */
  @Override
  public String toString() {
    return shown;
  }
}
