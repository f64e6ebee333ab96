package io.aragora.resilience.discovery;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.spi.StateStoreProvider;

/** A provider that tests define anew in loaders and layers of their own. */
public class PluggedStore implements StateStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PluggedStore() {}

  @Override
  public String scheme() {
    return "plugged";
  }

  @Override
  public StateStore open(String location) {
    throw new UnsupportedOperationException("nobody opens it");
  }

  /** Another class of the same kind. */
  public static final class Other extends PluggedStore {
    public Other() {}

    @Override
    public String scheme() {
      return "other";
    }
  }

  /** Cannot be made. */
  public static final class Broken extends PluggedStore {
    public Broken() {
      throw new IllegalStateException("this provider is broken");
    }
  }
}
