package io.aragora.resilience.fuzz;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Saved states from fields of an input, each in its range. Stateless. */
public final class SavedStates {
  private static final long EARLIEST_MICROS = micros(SavedBreaker.EARLIEST);
  private static final long SPAN_MICROS = micros(SavedBreaker.LATEST) - EARLIEST_MICROS;

  private SavedStates() {}

  /**
   * Returns a breaker.
   *
   * @param name its name
   * @param fields the other values
   * @return a state that a store may return
   */
  public static SavedBreaker breaker(String name, FuzzInput fields) {
    String key = fields.text();
    CircuitBreakerState[] states = CircuitBreakerState.values();
    return SavedBreaker.builder(name)
        .key(key.isBlank() ? null : key)
        .state(states[fields.below(states.length)])
        .generation(within(SavedBreaker.MAX_NUMBER, fields))
        .enteredAt(instant(fields))
        .openUntil(fields.below(2) == 0 ? null : instant(fields))
        .openedByHand(fields.below(2) == 0)
        .cooldown(duration(SavedBreaker.MAX_COOLDOWN, fields))
        .cooldownStep((int) within(SavedBreaker.MAX_COUNT, fields))
        .consecutiveFailures((int) within(SavedBreaker.MAX_COUNT, fields))
        .consecutiveSuccesses(within(SavedBreaker.MAX_NUMBER, fields))
        .probeSuccesses((int) within(SavedBreaker.MAX_COUNT, fields))
        .probeFailures((int) within(SavedBreaker.MAX_COUNT, fields))
        .totals(CircuitBreakerTotals.builder()
            .successes(within(SavedBreaker.MAX_NUMBER, fields))
            .failures(within(SavedBreaker.MAX_NUMBER, fields))
            .ignored(within(SavedBreaker.MAX_NUMBER, fields))
            .rejected(within(SavedBreaker.MAX_NUMBER, fields))
            .late(within(SavedBreaker.MAX_NUMBER, fields))
            .build())
        .slowCalls(within(SavedBreaker.MAX_NUMBER, fields))
        .savedAt(instant(fields))
        .declared(fields.text())
        .build();
  }

  /**
   * Returns a rate limiter.
   *
   * @param name its name
   * @param fields the other values
   * @return a state that a store may return
   */
  public static SavedLimiter limiter(String name, FuzzInput fields) {
    return SavedLimiter.builder(name)
        .fullAt(instant(fields))
        .pausedUntil(fields.below(2) == 0 ? null : instant(fields))
        .fillTime(duration(SavedLimiter.MAX_LENGTH, fields))
        .maxPause(duration(SavedLimiter.MAX_LENGTH, fields))
        .savedAt(instant(fields))
        .declared(fields.text())
        .build();
  }

  private static long within(long most, FuzzInput fields) {
    return Math.floorMod(fields.number(), most + 1);
  }

  /** In microseconds, as stores save it. A small number is near the start of a test's clock. */
  private static Instant instant(FuzzInput fields) {
    long number = fields.number();
    return Math.abs(number) < 1_000_000
        ? Instant.parse("2026-01-01T00:00:00Z").plusSeconds(number)
        : Instant.EPOCH.plus(
            EARLIEST_MICROS + Math.floorMod(number, SPAN_MICROS), ChronoUnit.MICROS);
  }

  private static Duration duration(Duration most, FuzzInput fields) {
    return Duration.of(
        within(most.dividedBy(Duration.of(1, ChronoUnit.MICROS)), fields), ChronoUnit.MICROS);
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }
}
