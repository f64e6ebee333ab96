package io.aragora.resilience.http.internal;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The origin of an address: scheme, host and port, as one string. {@link URI} has no host for names that DNS does not allow, such as
 * {@code prices_service}, but servers in containers have them; then the host is read from the authority.
 * Stateless and thread-safe.
 */
public final class Origin {
  private static final Pattern AUTHORITY = Pattern.compile("(?:.*@)?([^:@]+)(?::(\\d{0,9}))?");

  private Origin() {}

  /**
   * Returns the origin of an address.
   *
   * @param uri any address
   * @return scheme, host and port; "null" as the host if there is none
   */
  public static String of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    return scheme + "://" + host(uri) + ":" + port(scheme, uri);
  }

  /**
   * Returns the host of an address.
   *
   * @param uri any address
   * @return the host in lower case; "null" if there is none
   */
  public static String host(URI uri) {
    String host = uri.getHost();
    if (host == null) {
      Matcher authority = authority(uri);
      host = authority == null ? null : authority.group(1);
    }
    return String.valueOf(host).toLowerCase(Locale.ROOT);
  }

  /**
   * Returns whether an address has a host.
   *
   * @param uri any address
   * @return whether it has a host
   */
  public static boolean hasHost(URI uri) {
    return uri.getHost() != null || authority(uri) != null;
  }

  private static int port(String scheme, URI uri) {
    Matcher authority = uri.getHost() == null ? authority(uri) : null;
    String read = authority == null ? null : authority.group(2);
    int given = read == null || read.isEmpty() ? uri.getPort() : Integer.parseInt(read);
    if (given >= 0) {
      return given;
    }
    return scheme.equals("https") ? 443 : 80;
  }

  private static @Nullable Matcher authority(URI uri) {
    String authority = uri.getRawAuthority();
    Matcher matcher = authority == null ? null : AUTHORITY.matcher(authority);
    return matcher != null && matcher.matches() ? matcher : null;
  }
}
