package io.aragora.resilience.health.endpoint;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Decides by the {@code Host} of a request whether a browser may have been led here by somebody else's page: whoever owns a
 * name can point it to 127.0.0.1 ("DNS rebinding"), and a browser then takes what we answer for that page's own. An address
 * cannot be pointed elsewhere, and so is accepted, as are {@code localhost} and the names that are configured; the port does
 * not matter, since it may be forwarded. A request without a {@code Host} is of no browser. Immutable.
 *
 * <p>An endpoint that other machines reach has names that we do not know, so there every host is accepted unless some are
 * configured.
 */
final class AcceptedHosts {
  /** Accepts every host. */
  static final String ANY = "*";

  private static final Pattern PORT = Pattern.compile(":[0-9]{0,5}$");
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+]");

  private final boolean any;
  private final List<String> names;

  AcceptedHosts(InetAddress bound, String host, List<String> configured) {
    this.any = configured.contains(ANY) || (configured.isEmpty() && !bound.isLoopbackAddress());
    this.names = Stream.concat(Stream.of("localhost", host), configured.stream())
        .map(name -> name.toLowerCase(Locale.ROOT))
        .toList();
  }

  /** Decides by the values of {@code Host}, one for each time that it was sent. */
  boolean accept(List<String> hosts) {
    return any || hosts.isEmpty() || (hosts.size() == 1 && accept(hosts.get(0)));
  }

  private boolean accept(String host) {
    String name = PORT.matcher(host.trim().toLowerCase(Locale.ROOT)).replaceFirst("");
    return ADDRESS.matcher(name).matches() || names.contains(name);
  }
}
