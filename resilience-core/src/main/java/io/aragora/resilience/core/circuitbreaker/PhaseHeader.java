package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The fields of every phase, whatever its state: its settings, and its position in the history of the breaker. */
record PhaseHeader(
    CircuitBreakerConfig config,
    CircuitBreakerState state,
    TransitionCause cause,
    long generation,
    long transitions,
    long enteredAt,
    long wallMicros,
    @Nullable Phase previous) {

  /** Returns the header of the first phase of a breaker. */
  static PhaseHeader first(CircuitBreakerConfig config, long now, Instant wall) {
    return new PhaseHeader(
        config, config.initialState(), TransitionCause.CREATED, 1, 0, now, micros(wall), null);
  }

  /** Returns the header of the phase after a transition. */
  static PhaseHeader after(
      Phase before, CircuitBreakerState state, TransitionCause cause, long now, Instant wall) {
    return new PhaseHeader(
        before.config,
        state,
        cause,
        before.generation + 1,
        before.transitions + 1,
        now,
        micros(wall),
        before);
  }

  /**
   * Returns the header of the same phase after something that listeners receive as a transition, although the state stays, and
   * permits and counts stay valid.
   */
  static PhaseHeader noted(Phase present, TransitionCause cause, Instant wall) {
    return new PhaseHeader(
        present.config,
        present.state,
        cause,
        present.generation,
        present.transitions + 1,
        present.enteredAt,
        micros(wall),
        present);
  }

  /** Returns the header of a phase of the same state that counts from zero: a new generation, but no transition. */
  static PhaseHeader anew(Phase before, TransitionCause cause, long now, Instant wall) {
    return new PhaseHeader(
        before.config,
        before.state,
        cause,
        before.generation + 1,
        before.transitions,
        now,
        micros(wall),
        before);
  }

  /** Returns the header of the same phase under other settings. */
  static PhaseHeader under(CircuitBreakerConfig config, Phase present) {
    return new PhaseHeader(
        config,
        present.state,
        present.cause,
        present.generation,
        present.transitions,
        present.enteredAt,
        present.wallMicros,
        present);
  }

  PhaseHeader atLeastOfGeneration(long number) {
    return new PhaseHeader(
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
    Instant shown = wall.isBefore(SavedBreaker.EARLIEST)
        ? SavedBreaker.EARLIEST
        : wall.isAfter(SavedBreaker.LATEST) ? SavedBreaker.LATEST : wall;
    // Not by ChronoUnit, which loads six classes at the first breaker of a process.
    return shown.getEpochSecond() * 1_000_000L + shown.getNano() / 1_000;
  }
}
