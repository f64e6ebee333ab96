package io.aragora.resilience.core.persistence;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.spi.StateStoreProvider;

/**
 * Opens {@code memory:}, an empty store each time, of up to 100,000 states, which lives as long as the object: for tests, and
 * for a runtime that follows another one in the same process.
 */
public final class MemoryStateStoreProvider implements StateStoreProvider {
  private static final String LOCATION = "memory:";
  private static final int MAX_STATES = 100_000;

  /** For {@link java.util.ServiceLoader}. */
  public MemoryStateStoreProvider() {}

  @Override
  public String scheme() {
    return "memory";
  }

  @Override
  public StateStore open(String location) {
    if (!location.equals(LOCATION)) {
      throw new IllegalArgumentException(
          "state store location must be 'memory:' and nothing more: '" + location + "'");
    }
    return new MemoryStateStore(MAX_STATES);
  }
}
