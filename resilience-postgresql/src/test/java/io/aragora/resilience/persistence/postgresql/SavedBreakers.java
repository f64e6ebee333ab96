package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.persistence.SavedBreaker;
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
    return new SavedBreaker(
        breaker.name(),
        breaker.key(),
        breaker.state(),
        breaker.generation(),
        breaker.enteredAt(),
        breaker.openUntil(),
        breaker.cooldown(),
        breaker.cooldownStep(),
        breaker.consecutiveFailures() + 1,
        breaker.consecutiveSuccesses() + 1,
        breaker.probeSuccesses(),
        new CircuitBreakerTotals(21, 22, 23, 24, 25),
        26,
        breaker.declared(),
        breaker.savedAt().plus(later));
  }

  static SavedBreaker breaker(
      String name,
      @Nullable String key,
      CircuitBreakerState state,
      long generation,
      Instant enteredAt,
      @Nullable Instant openUntil,
      Instant savedAt) {
    return new SavedBreaker(
        name,
        key,
        state,
        generation,
        enteredAt,
        openUntil,
        openUntil == null ? Duration.ZERO : Duration.ofSeconds(30),
        1,
        2,
        6,
        0,
        new CircuitBreakerTotals(1, 2, 3, 4, 5),
        7,
        "failureThreshold=5",
        savedAt);
  }
}
