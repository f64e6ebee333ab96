package io.aragora.resilience.http.client;

import java.net.URI;
import java.util.Locale;

/** The origin of an address: scheme, host and port, as one string. */
final class Origin {
  private Origin() {}

  static String of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    return scheme + "://" + host + ":" + port(scheme, uri.getPort());
  }

  private static int port(String scheme, int given) {
    if (given >= 0) {
      return given;
    }
    return scheme.equals("https") ? 443 : 80;
  }
}
