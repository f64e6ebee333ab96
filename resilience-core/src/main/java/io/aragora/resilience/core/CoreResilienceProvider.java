package io.aragora.resilience.core;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.settings.RuntimeSettings;
import io.aragora.resilience.internal.runtime.ResilienceProvider;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import java.util.List;
import java.util.Map;

/** Creates the runtimes of this module. */
public final class CoreResilienceProvider implements ResilienceProvider {
  /** Creates the provider. */
  public CoreResilienceProvider() {}

  @Override
  public Resilience create(ResilienceSettings settings) {
    CoreResilience resilience = new CoreResilience(settings);
    resilience.start();
    return resilience;
  }

  @Override
  public Map<String, List<String>> settings() {
    return RuntimeSettings.names();
  }
}
