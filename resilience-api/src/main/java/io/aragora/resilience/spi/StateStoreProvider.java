package io.aragora.resilience.spi;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;

/**
 * Opens stores of one kind, recognised by the scheme of their location: {@code sqlite} for {@code sqlite:state.db}. Found
 * by {@link java.util.ServiceLoader}. Needs a public constructor without parameters that does nothing.
 * Thread-safe: {@link #open} is called on the thread that builds a runtime, and later on the one that saves its state.
 */
public interface StateStoreProvider {
  /**
   * Names the kind.
   *
   * @return what stands before the first colon of a location, in lower case
   */
  String scheme();

  /**
   * Shows a location in logs, health and metrics, without what nobody should read there, such as a password.
   *
   * @param location the whole location
   * @return the text; by default the location as it is
   */
  default String shown(String location) {
    return location;
  }

  /**
   * Opens a store, creating what is missing.
   *
   * @param location the whole location, scheme included
   * @return an open store
   * @throws StateStoreException if it cannot be opened; the runtime goes on without and tries again
   * @throws IllegalArgumentException if the location makes no sense
   */
  StateStore open(String location) throws StateStoreException;
}
