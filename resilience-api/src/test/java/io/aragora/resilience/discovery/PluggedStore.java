package io.aragora.resilience.discovery;

import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreProvider;

/** A provider that tests define again in loaders and layers of their own. */
public class PluggedStore implements StateStoreProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PluggedStore() {}

  @Override
  public String scheme() {
    return "plugged";
  }

  @Override
  public StateStore open(String location) {
    throw new UnsupportedOperationException("must not be opened");
  }

  /** Another class of the same kind. */
  public static final class Other extends PluggedStore {
    public Other() {}

    @Override
    public String scheme() {
      return "other";
    }
  }

  /** Cannot be created. */
  public static final class Broken extends PluggedStore {
    public Broken() {
      throw new IllegalStateException("this provider is broken");
    }
  }
}
