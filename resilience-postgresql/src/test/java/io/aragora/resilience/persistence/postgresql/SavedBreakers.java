package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Breakers that differ in what the tests look at, saved now. */
final class SavedBreakers {
  private SavedBreakers() {}

  static SavedBreaker open(String name) {
    return open(name, 2, Duration.ZERO);
  }

  static SavedBreaker open(String name, long generation, Duration age) {
    return open(name, null, generation, age, InstantSource.system());
  }

  static SavedBreaker open(
      String name, @Nullable String key, long generation, Duration age, InstantSource clock) {
    Instant savedAt = clock.instant().truncatedTo(ChronoUnit.MICROS);
    Instant enteredAt = savedAt.minus(age);
    return breaker(
        name,
        key,
        CircuitBreakerState.OPEN,
        generation,
        enteredAt,
        enteredAt.plusSeconds(30),
        savedAt);
  }

  static SavedBreaker closed(String name, long generation, Duration age) {
    Instant savedAt = Instant.now().truncatedTo(ChronoUnit.MICROS);
    return breaker(
        name, null, CircuitBreakerState.CLOSED, generation, savedAt.minus(age), null, savedAt);
  }

  /** The same change, saved so much later, with other counts. */
  static SavedBreaker later(SavedBreaker breaker, Duration later) {
    return breaker.toBuilder()
        .consecutiveFailures(breaker.consecutiveFailures() + 1)
        .consecutiveSuccesses(breaker.consecutiveSuccesses() + 1)
        .totals(CircuitBreakerTotals.builder()
            .successes(21)
            .failures(22)
            .ignored(23)
            .rejected(24)
            .late(25)
            .build())
        .slowCalls(26)
        .savedAt(breaker.savedAt().plus(later))
        .build();
  }

  static SavedBreaker breaker(
      String name,
      @Nullable String key,
      CircuitBreakerState state,
      long generation,
      Instant enteredAt,
      @Nullable Instant openUntil,
      Instant savedAt) {
    return SavedBreaker.builder(name)
        .key(key)
        .state(state)
        .generation(generation)
        .enteredAt(enteredAt)
        .openUntil(openUntil)
        .cooldown(openUntil == null ? Duration.ZERO : Duration.ofSeconds(30))
        .cooldownStep(1)
        .consecutiveFailures(2)
        .consecutiveSuccesses(6)
        .totals(CircuitBreakerTotals.builder()
            .successes(1)
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
