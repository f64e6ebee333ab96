package io.aragora.resilience.testing;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** States for {@link StateStoreContract} to save, with a distinct value in every field that a case does not set. */
final class SampleStates {
  static final Instant ENTERED_AT = Instant.parse("2026-03-29T00:59:59.999999Z");
  static final Instant SAVED_AT = Instant.parse("2026-03-29T01:30:00.123456Z");

  private SampleStates() {}

  static SavedBreaker breaker(
      String name, @Nullable String key, long generation, Instant enteredAt, Instant savedAt) {
    return SavedBreaker.builder(name)
        .key(key)
        .state(CircuitBreakerState.OPEN)
        .generation(generation)
        .enteredAt(enteredAt)
        .openUntil(Instant.parse("2026-03-29T03:00:00.000001Z"))
        .cooldown(Duration.ofHours(2).plusNanos(5_000))
        .cooldownStep(3)
        .consecutiveFailures(7)
        .consecutiveSuccesses(9)
        .totals(CircuitBreakerTotals.builder()
            .successes(11)
            .failures(12)
            .ignored(13)
            .rejected(14)
            .late(15)
            .build())
        .slowCalls(16)
        .declared("failureThreshold=5, cooldown=PT2H")
        .savedAt(savedAt)
        .build();
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

  /** Returns a breaker in a state that admits every call. */
  static SavedBreaker admitting(String name, CircuitBreakerState state, Instant savedAt) {
    return SavedBreaker.builder(name)
        .state(state)
        .generation(2)
        .enteredAt(ENTERED_AT)
        .savedAt(savedAt)
        .build();
  }
}
