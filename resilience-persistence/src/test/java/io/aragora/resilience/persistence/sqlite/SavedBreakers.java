package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.time.Duration;
import java.time.Instant;

/** Breakers that differ in what the tests look at. */
final class SavedBreakers {
  static final Instant SAVED_AT = Instant.parse("2026-03-29T01:30:00.123456Z");

  private SavedBreakers() {}

  static SavedBreaker named(String name) {
    return named(name, 1);
  }

  static SavedBreaker named(String name, long generation) {
    return named(name, generation, SAVED_AT);
  }

  static SavedBreaker named(String name, long generation, Instant savedAt) {
    return entered(name, generation, SAVED_AT.minusSeconds(5), savedAt);
  }

  static SavedBreaker entered(String name, long generation, Instant enteredAt, Instant savedAt) {
    return SavedBreaker.builder(name)
        .state(CircuitBreakerState.OPEN)
        .generation(generation)
        .enteredAt(enteredAt)
        .openUntil(SAVED_AT.plusSeconds(25))
        .cooldown(Duration.ofSeconds(30))
        .cooldownStep(1)
        .consecutiveFailures(2)
        .consecutiveSuccesses(6)
        .totals(CircuitBreakerTotals.builder()
            .successes(generation)
            .failures(2)
            .ignored(3)
            .rejected(4)
            .late(5)
            .build())
        .slowCalls(7)
        .declared("failureThreshold=5")
        .savedAt(savedAt)
        .build();
  }
}
