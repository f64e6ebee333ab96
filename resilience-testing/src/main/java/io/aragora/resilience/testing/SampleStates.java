package io.aragora.resilience.testing;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.persistence.SavedBreaker;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** States for {@link StateStoreContract} to save, with a value of its own in every field that a case does not set. */
final class SampleStates {
  static final Instant ENTERED_AT = Instant.parse("2026-03-29T00:59:59.999999Z");
  static final Instant SAVED_AT = Instant.parse("2026-03-29T01:30:00.123456Z");

  private SampleStates() {}

  static SavedBreaker breaker(
      String name, @Nullable String key, long generation, Instant enteredAt, Instant savedAt) {
    return new SavedBreaker(
        name,
        key,
        CircuitBreakerState.OPEN,
        generation,
        enteredAt,
        Instant.parse("2026-03-29T03:00:00.000001Z"),
        Duration.ofHours(2).plusNanos(5_000),
        3,
        7,
        9,
        0,
        new CircuitBreakerTotals(11, 12, 13, 14, 15),
        16,
        "failureThreshold=5, cooldown=PT2H",
        savedAt);
  }

  static SavedBreaker breaker(String name, long generation, Instant savedAt) {
    return breaker(name, null, generation, ENTERED_AT, savedAt);
  }

  static SavedBreaker breaker(String name) {
    return breaker(name, 2, SAVED_AT);
  }

  static SavedBreaker breaker(String name, String key) {
    return breaker(name, key, 2, ENTERED_AT, SAVED_AT);
  }

  /** In a state that admits every call. */
  static SavedBreaker admitting(String name, CircuitBreakerState state, Instant savedAt) {
    return new SavedBreaker(
        name,
        null,
        state,
        2,
        ENTERED_AT,
        null,
        Duration.ZERO,
        0,
        0,
        0,
        0,
        CircuitBreakerTotals.ZERO,
        0,
        "",
        savedAt);
  }
}
