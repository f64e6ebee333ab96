package io.aragora.resilience.quota;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Opens stores of one kind, recognised by the scheme of their location: {@code redis} for {@code redis://host}. Found
 * by {@link java.util.ServiceLoader}. Needs a public constructor without parameters that does nothing.
 * Thread-safe: {@link #open} is called on the thread of a runtime that leases.
 */
public interface QuotaStoreProvider {
  /**
   * Returns the schemes of the stores.
   *
   * @return the parts of locations before their first colon, in lower case
   */
  Set<String> schemes();

  /**
   * Returns a location as logs, health and metrics show it, without secrets such as a password.
   *
   * @param location the whole location
   * @return the text; by default the location itself
   */
  default String shown(String location) {
    return location;
  }

  /**
   * Opens a store, and creates it if it does not exist.
   *
   * @param location the whole location, scheme included
   * @return an open store
   * @throws QuotaStoreException if the store cannot be opened; the instance then works alone and tries again
   * @throws IllegalArgumentException if the store cannot interpret {@code location}
   */
  QuotaStore open(String location) throws QuotaStoreException;

  /**
   * Returns the provider for a location.
   *
   * @param location a scheme, a colon, and the rest, which may contain a password and appears in no message
   * @param found the providers to choose from
   * @return the provider of the location's scheme
   * @throws IllegalArgumentException if the location has no scheme
   * @throws ResilienceConfigurationException if no provider has the scheme; the message names the artifact to add
   */
  static QuotaStoreProvider find(String location, List<QuotaStoreProvider> found) {
    String scheme = schemeOf(location);
    for (QuotaStoreProvider provider : found) {
      if (provider.schemes().contains(scheme)) {
        return provider;
      }
    }
    String artifact = switch (scheme) {
      case "memory" -> "io.aragora:resilience-core";
      case "postgresql" -> "io.aragora:resilience-postgresql";
      case "redis", "rediss" -> "io.aragora:resilience-redis";
      default -> "the artifact whose QuotaStoreProvider has the scheme '" + scheme + "'";
    };
    String known = found.stream()
        .flatMap(provider -> provider.schemes().stream())
        .sorted()
        .collect(Collectors.joining(", "));
    throw new ResilienceConfigurationException("no store for '" + scheme + ":' of quotaStore: add "
        + artifact + " to the module path or class path (found: "
        + (known.isEmpty() ? "none" : known)
        + ")");
  }

  /**
   * Returns the scheme of a location.
   *
   * @param location a scheme, a colon, and the rest, which may contain a password and appears in no message
   * @return the scheme, in lower case
   * @throws IllegalArgumentException if there is none
   */
  static String schemeOf(String location) {
    int end = location.indexOf(':');
    if (end < 2) {
      throw new IllegalArgumentException("quotaStore must start with a scheme, as in redis://host: "
          + (end < 0 ? location : location.substring(0, end + 1) + "..."));
    }
    return location.substring(0, end).toLowerCase(Locale.ROOT);
  }
}
