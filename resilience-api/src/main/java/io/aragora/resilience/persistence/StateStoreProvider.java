package io.aragora.resilience.persistence;

import io.aragora.resilience.policy.ResilienceConfigurationException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Opens stores of one kind, recognised by the scheme of their location: {@code sqlite} for {@code sqlite:state.db}. Found
 * by {@link java.util.ServiceLoader}. Needs a public constructor without parameters that does nothing.
 * Thread-safe: {@link #open} is called on the thread that builds a runtime, and later on the one that saves its state.
 */
public interface StateStoreProvider {
  /** {@return the scheme of the stores: the part of a location before its first colon, in lower case} */
  String scheme();

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
   * @throws StateStoreException if the store cannot be opened; the runtime then works without the store and tries again
   * @throws IllegalArgumentException if the store cannot interpret {@code location}
   */
  StateStore open(String location) throws StateStoreException;

  /**
   * Returns the provider for a location.
   *
   * @param location a scheme, a colon, and the rest, which may contain a password and appears in no message
   * @param found the providers to choose from
   * @return the provider of the location's scheme
   * @throws IllegalArgumentException if the location has no scheme
   * @throws ResilienceConfigurationException if no provider has the scheme; the message names the artifact to add
   */
  static StateStoreProvider find(String location, List<StateStoreProvider> found) {
    String scheme = schemeOf(location);
    for (StateStoreProvider provider : found) {
      if (provider.scheme().equals(scheme)) {
        return provider;
      }
    }
    String artifact = switch (scheme) {
      case "memory" -> "io.aragora:resilience-core";
      case "sqlite" -> "io.aragora:resilience-persistence";
      case "postgresql" -> "io.aragora:resilience-postgresql";
      default -> "the artifact whose StateStoreProvider has the scheme '" + scheme + "'";
    };
    String known =
        found.stream().map(StateStoreProvider::scheme).sorted().collect(Collectors.joining(", "));
    throw new ResilienceConfigurationException("no store for '" + scheme + ":' of stateStore: add "
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
      throw new IllegalArgumentException(
          "stateStore must start with a scheme, as in sqlite:state.db: "
              + (end < 0 ? location : location.substring(0, end + 1) + "..."));
    }
    return location.substring(0, end).toLowerCase(Locale.ROOT);
  }
}
