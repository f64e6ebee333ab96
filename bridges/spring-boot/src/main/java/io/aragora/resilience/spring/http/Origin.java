package io.aragora.resilience.spring.http;

import java.net.URI;
import java.util.Locale;

/** The origin of an address: scheme, host and port, as one string. */
final class Origin {
  private Origin() {}

  static String of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    return scheme + "://" + host(uri) + ":" + port(scheme, uri.getPort());
  }

  static String host(URI uri) {
    return String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
  }

  private static int port(String scheme, int given) {
    if (given >= 0) {
      return given;
    }
    return scheme.equals("https") ? 443 : 80;
  }
}
