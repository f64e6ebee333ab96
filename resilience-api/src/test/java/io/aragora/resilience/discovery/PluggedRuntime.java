package io.aragora.resilience.discovery;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.runtime.ResilienceProvider;
import io.aragora.resilience.internal.runtime.ResilienceSettings;

/** A runtime that reports its creation. */
public class PluggedRuntime implements ResilienceProvider {
  /** For {@link java.util.ServiceLoader}. */
  public PluggedRuntime() {}

  @Override
  public Resilience create(ResilienceSettings settings) {
    throw new UnsupportedOperationException("asked for " + settings.name());
  }

  /** A second one. */
  public static final class Second extends PluggedRuntime {
    public Second() {}
  }
}
