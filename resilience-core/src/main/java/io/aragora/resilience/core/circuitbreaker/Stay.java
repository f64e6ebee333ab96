package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** What every phase has, whatever its state: its settings, and its place in the history of the breaker. */
record Stay(
    CircuitBreakerConfig config,
    CircuitBreakerState state,
    TransitionCause cause,
    long generation,
    long transitions,
    long enteredAt,
    long wallMicros,
    @Nullable Phase previous) {

  /** Returns the stay of a new breaker. */
  static Stay first(CircuitBreakerConfig config, long now, Instant wall) {
    return new Stay(
        config, CircuitBreakerState.CLOSED, TransitionCause.CREATED, 1, 0, now, micros(wall), null);
  }

  /** Returns the stay after a transition. */
  static Stay after(
      Phase before, CircuitBreakerState state, TransitionCause cause, long now, Instant wall) {
    return new Stay(
        before.config,
        state,
        cause,
        before.generation + 1,
        before.transitions + 1,
        now,
        micros(wall),
        before);
  }

  /** Returns a stay in the same state that counts anew: a new generation, but no transition. */
  static Stay anew(Phase before, TransitionCause cause, long now, Instant wall) {
    return new Stay(
        before.config,
        before.state,
        cause,
        before.generation + 1,
        before.transitions,
        now,
        micros(wall),
        before);
  }

  /** Returns the same stay under other settings. */
  static Stay under(CircuitBreakerConfig config, Phase present) {
    return new Stay(
        config,
        present.state,
        present.cause,
        present.generation,
        present.transitions,
        present.enteredAt,
        present.wallMicros,
        present);
  }

  Stay atLeastOfGeneration(long number) {
    return new Stay(
        config,
        state,
        cause,
        Math.max(generation, number),
        transitions,
        enteredAt,
        wallMicros,
        previous);
  }

  /** An instant beyond the bounds of what can be saved becomes the bound. */
  private static long micros(Instant wall) {
    if (wall.isBefore(SavedBreaker.EARLIEST)) {
      return ChronoUnit.MICROS.between(Instant.EPOCH, SavedBreaker.EARLIEST);
    }
    return ChronoUnit.MICROS.between(
        Instant.EPOCH, wall.isAfter(SavedBreaker.LATEST) ? SavedBreaker.LATEST : wall);
  }
}
