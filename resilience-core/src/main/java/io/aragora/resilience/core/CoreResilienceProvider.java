package io.aragora.resilience.core;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.spi.ResilienceProvider;
import io.aragora.resilience.spi.ResilienceSettings;

/** Makes runtimes of this module. */
public final class CoreResilienceProvider implements ResilienceProvider {
  /** Does nothing. */
  public CoreResilienceProvider() {}

  @Override
  public Resilience create(ResilienceSettings settings) {
    CoreResilience resilience = new CoreResilience(settings);
    resilience.start();
    return resilience;
  }
}
