package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.core.dispatch.Listeners;
import io.aragora.resilience.persistence.SavedBreaker;
import org.jspecify.annotations.Nullable;

/** The breaker of one key. Puts its name together when it is asked for it, since there may be a million of these. */
final class KeyBreaker extends CircuitBreakerStateMachine {
  private final String family;
  private @Nullable String name;

  KeyBreaker(
      String family,
      String key,
      CircuitBreakerConfig config,
      BreakerRuntime runtime,
      Listeners<CircuitBreakerListener> listeners) {
    super(key, config, runtime, listeners);
    this.family = family;
  }

  String key() {
    return super.name();
  }

  @Override
  public SavedBreaker.Id storedId() {
    return new SavedBreaker.Id(family, key());
  }

  /** Kept from the first time on; two threads may both make it, which are equal. */
  @Override
  public String name() {
    String known = name;
    if (known == null) {
      known = family + ":" + key();
      name = known;
    }
    return known;
  }
}
