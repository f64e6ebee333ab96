package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.recording.CallDurations;
import org.jspecify.annotations.Nullable;

/** The breaker of one key. Puts its name together when it is asked for it, since there may be a million of these. */
final class BreakerOfKey extends CoreCircuitBreaker {
  private final String family;
  private @Nullable String name;

  /** Written before it is among the keys again, which publishes it. */
  private CircuitBreakerTotals before = CircuitBreakerTotals.ZERO;

  BreakerOfKey(
      String family,
      String key,
      CircuitBreakerConfig config,
      BreakerRuntime runtime,
      TransitionSink sink,
      @Nullable CallDurations durations) {
    super(key, config, runtime, sink, durations);
    this.family = family;
  }

  /** Takes it back among the keys: what it has counted so far was added to what is left of them when it went. */
  void countFrom(CircuitBreakerTotals totals) {
    before = totals;
    recall();
  }

  /** Its counts since it became one of the keys. */
  CircuitBreakerTotals counted() {
    return counted(totals());
  }

  CircuitBreakerTotals counted(CircuitBreakerTotals all) {
    CircuitBreakerTotals known = before;
    return CircuitBreakerTotals.builder()
        .successes(all.successes() - known.successes())
        .failures(all.failures() - known.failures())
        .ignored(all.ignored() - known.ignored())
        .rejected(all.rejected() - known.rejected())
        .late(all.late() - known.late())
        .build();
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
