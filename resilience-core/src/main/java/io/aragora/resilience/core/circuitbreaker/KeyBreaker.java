package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.recording.CallDurations;
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
      TransitionSink sink,
      @Nullable CallDurations durations) {
    super(key, config, runtime, sink, durations);
    this.family = family;
  }

  String key() {
    return super.name();
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
