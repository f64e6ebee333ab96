package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.persistence.SavedBreaker;
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
    return new SavedBreaker(
        name,
        null,
        CircuitBreakerState.OPEN,
        generation,
        enteredAt,
        SAVED_AT.plusSeconds(25),
        Duration.ofSeconds(30),
        1,
        2,
        6,
        0,
        new CircuitBreakerTotals(generation, 2, 3, 4, 5),
        7,
        "failureThreshold=5",
        savedAt);
  }
}
