package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * One stay of a breaker in one state, with everything that belongs to that stay: a new object for each, so that an outcome
 * can only ever touch the stay that admitted its call. Replaced by a CAS of the reference, hence no ABA. Other settings for
 * the same stay are a new object too, of the same generation and with the same counts.
 */
final class Phase {
  final CircuitBreakerConfig config;
  final CircuitBreakerState state;
  final TransitionCause cause;
  final long generation;

  /** Counts transitions; the same as in the phase before where only the settings changed. */
  final long transitions;

  final long enteredAt;
  private final long enteredWallMicros;

  /** When an open phase ends; {@link TimeSource#NEVER} for the others. */
  final long until;

  final long cooldownNanos;

  /** How many times in a row the breaker opened without having closed, before this. */
  final int cooldownStep;

  /** What an admission gives without looking further; {@link CircuitBreaker#REJECTED} where there is more to look at. */
  final long freePermit;

  /** Whether the outcome of a {@link #freePermit} needs no more than a window. */
  final boolean isPlain;

  /** How long a call takes to be slow; 0 where that does not matter. */
  final long slowNanos;

  /** Null where nothing is judged by it. */
  final @Nullable OutcomeWindow window;

  /** Null unless half-open. */
  final @Nullable ProbeSlots probes;

  /** Null unless calls under way are watched. */
  final @Nullable CallsInFlight flights;

  /** What the rule that led here saw; null where no rule did. */
  final @Nullable Evidence evidence;

  private final int failuresBefore;

  /** The phase before, until its transition was emitted: the log that events are read from. */
  volatile @Nullable Phase previous;

  private Phase(Builder builder) {
    config = builder.config;
    state = builder.state;
    cause = builder.cause;
    generation = builder.generation;
    transitions = builder.transitions;
    enteredAt = builder.enteredAt;
    enteredWallMicros = builder.enteredWallMicros;
    cooldownNanos = builder.cooldownNanos;
    cooldownStep = builder.cooldownStep;
    until = state == CircuitBreakerState.OPEN ? builder.until : TimeSource.NEVER;
    previous = builder.previous;
    failuresBefore = builder.failuresBefore;
    evidence = builder.evidence;
    boolean counts =
        state == CircuitBreakerState.CLOSED || state == CircuitBreakerState.METRICS_ONLY;
    boolean halfOpen = state == CircuitBreakerState.HALF_OPEN;
    slowNanos = (counts || halfOpen) && config.slowCallRateThreshold() != 0
        ? config.slowCallDuration().toNanos()
        : 0;
    window = counts ? builder.window : null;
    probes = halfOpen ? builder.probes : null;
    flights = state == CircuitBreakerState.CLOSED && slowNanos != 0 ? builder.flights : null;
    freePermit = freePermit();
    isPlain = state == CircuitBreakerState.CLOSED && slowNanos == 0;
  }

  private long freePermit() {
    return switch (state) {
      case CLOSED -> slowNanos == 0 ? Permit.closed(generation) : CircuitBreaker.REJECTED;
      case METRICS_ONLY -> slowNanos == 0 ? Permit.bypass(generation) : CircuitBreaker.REJECTED;
      case DISABLED -> Permit.bypass(generation);
      case OPEN, HALF_OPEN, FORCED_OPEN -> CircuitBreaker.REJECTED;
    };
  }

  Instant enteredWall() {
    return Instant.EPOCH.plus(enteredWallMicros, ChronoUnit.MICROS);
  }

  /** Failures in a row: those of the window, or those that led here. */
  int streak() {
    OutcomeWindow counting = window;
    return counting == null ? failuresBefore : counting.streak();
  }

  int probeSuccesses() {
    ProbeSlots slots = probes;
    return slots == null ? 0 : slots.successes();
  }

  long microsAt(long now) {
    return (now - enteredAt) / 1000;
  }

  long slowInFlight(long now) {
    CallsInFlight calls = flights;
    return calls == null ? 0 : calls.slow(now);
  }

  /** Describes the phase to come. */
  static final class Builder {
    private final CircuitBreakerConfig config;
    private final CircuitBreakerState state;
    private final TransitionCause cause;
    private final long enteredAt;
    private long enteredWallMicros;
    private @Nullable Phase previous;
    private @Nullable OutcomeWindow window;
    private @Nullable ProbeSlots probes;
    private @Nullable CallsInFlight flights;
    private @Nullable Evidence evidence;
    private long generation = 1;
    private long transitions;
    private long until;
    private long cooldownNanos;
    private int cooldownStep;
    private int failuresBefore;

    Builder(
        CircuitBreakerConfig config,
        CircuitBreakerState state,
        TransitionCause cause,
        long enteredAt,
        Instant wall) {
      this.config = config;
      this.state = state;
      this.cause = cause;
      this.enteredAt = enteredAt;
      this.enteredWallMicros = micros(wall);
    }

    /** Any wall clock will do: what is beyond the bounds is shown as the bound. */
    private static long micros(Instant wall) {
      if (wall.isBefore(SavedBreaker.EARLIEST)) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, SavedBreaker.EARLIEST);
      }
      return ChronoUnit.MICROS.between(
          Instant.EPOCH, wall.isAfter(SavedBreaker.LATEST) ? SavedBreaker.LATEST : wall);
    }

    /** The next phase after a transition. */
    Builder after(Phase phase) {
      previous = phase;
      generation = phase.generation + 1;
      transitions = phase.transitions + 1;
      failuresBefore = phase.streak();
      return this;
    }

    /** The same state again, with empty or restored counts: no transition, but a new generation. */
    Builder inPlaceOf(Phase phase) {
      previous = phase;
      generation = phase.generation + 1;
      transitions = phase.transitions;
      return this;
    }

    /** The same stay under other settings. */
    Builder goingOn(Phase phase) {
      previous = phase;
      generation = phase.generation;
      transitions = phase.transitions;
      enteredWallMicros = phase.enteredWallMicros;
      until = phase.until;
      cooldownNanos = phase.cooldownNanos;
      cooldownStep = phase.cooldownStep;
      failuresBefore = phase.failuresBefore;
      evidence = phase.evidence;
      probes = phase.probes;
      return this;
    }

    Builder window(OutcomeWindow window) {
      this.window = window;
      return this;
    }

    Builder probes(ProbeSlots slots) {
      probes = slots;
      return this;
    }

    Builder flights(CallsInFlight calls) {
      flights = calls;
      return this;
    }

    Builder evidence(@Nullable Evidence seen) {
      evidence = seen;
      return this;
    }

    Builder atLeastGeneration(long number) {
      generation = Math.max(generation, number);
      return this;
    }

    Builder openUntil(long deadline, long cooldown) {
      until = deadline;
      cooldownNanos = cooldown;
      return this;
    }

    Builder cooldownStep(int step) {
      cooldownStep = step;
      return this;
    }

    Builder failuresBefore(int failures) {
      failuresBefore = failures;
      return this;
    }

    Phase build() {
      return new Phase(this);
    }
  }
}
