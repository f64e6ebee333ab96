package io.aragora.resilience.health.endpoint;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Decides by the {@code Host} header whether another site's page may have sent a browser here. The owner of a name can
 * point it to 127.0.0.1 ("DNS rebinding"); the browser then treats the endpoint's answers as that site's own.
 * Addresses, {@code localhost} and configured names are accepted. The port does not matter, since it may be forwarded.
 * A request without {@code Host} comes from no browser. Immutable.
 *
 * <p>An endpoint that other machines can reach has names unknown to the library, so it accepts every host unless hosts are configured.
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

  /** Decides by all values of {@code Host}. */
  boolean accept(List<String> hosts) {
    return any || hosts.isEmpty() || (hosts.size() == 1 && accept(hosts.get(0)));
  }

  private boolean accept(String host) {
    String name = PORT.matcher(host.trim().toLowerCase(Locale.ROOT)).replaceFirst("");
    return ADDRESS.matcher(name).matches() || names.contains(name);
  }
}
