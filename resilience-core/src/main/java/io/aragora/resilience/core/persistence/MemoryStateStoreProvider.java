package io.aragora.resilience.core.persistence;

import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreProvider;

/**
 * Opens {@code memory:}, a new empty store of up to 100,000 states that lives as long as the
 * object. For tests, and for a runtime that follows another one in the same process.
 */
public final class MemoryStateStoreProvider implements StateStoreProvider {
  private static final String LOCATION = "memory:";
  private static final int MAX_STATES = 100_000;

  /** Creates the provider; called by {@link java.util.ServiceLoader}. */
  public MemoryStateStoreProvider() {}

  @Override
  public String scheme() {
    return "memory";
  }

  @Override
  public StateStore open(String location) {
    if (!location.equals(LOCATION)) {
      throw new IllegalArgumentException(
          "state store location must be 'memory:' exactly: '" + OneLine.of(location, 300) + "'");
    }
    return new MemoryStateStore(MAX_STATES);
  }
}
