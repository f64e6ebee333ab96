package io.aragora.resilience.discovery;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.internal.runtime.ResilienceProvider;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import java.util.function.Supplier;

/** A provider whose runtimes come from a test, which may be of another class loader. */
public class PluggedGlobal implements ResilienceProvider {
  static final String RUNTIMES = "PluggedGlobal.runtimes";

  /** For {@link java.util.ServiceLoader}. */
  public PluggedGlobal() {}

  @Override
  public Resilience create(ResilienceSettings settings) {
    return (Resilience) ((Supplier<?>) System.getProperties().get(RUNTIMES)).get();
  }
}
