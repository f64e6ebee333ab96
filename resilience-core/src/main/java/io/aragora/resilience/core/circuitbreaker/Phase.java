package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.time.TimeSource;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One stay of a breaker in one state, with everything that belongs to that stay: a new object for each, so that an outcome
 * can only ever touch the stay that admitted its call. Replaced by a CAS of the reference, hence no ABA.
 */
final class Phase {
  private static final VarHandle STREAK = ConstantBootstraps.fieldVarHandle(
      MethodHandles.lookup(), "streak", VarHandle.class, Phase.class, int.class);

  final CircuitBreakerConfig config;
  final CircuitBreakerState state;
  final TransitionCause cause;
  final long generation;

  /** Counts transitions; the same as in the phase before where only the settings changed. */
  final long transitions;

  final long enteredAt;
  final Instant enteredWall;

  /** When an open phase ends; {@link TimeSource#NEVER} for the others. */
  final long until;

  final long cooldownNanos;

  /** How many times in a row the breaker opened without having closed, before this. */
  final int cooldownStep;

  /** What an admission gives without looking further; {@link CircuitBreaker#REJECTED} where there is more to look at. */
  final long freePermit;

  /** Null where nothing is judged by it. */
  final @Nullable TimeWindow window;

  /** Null unless half-open. */
  final @Nullable ProbeSlots probes;

  final AtomicInteger probeSuccesses;

  /** The phase before, until its transition was emitted: the log that events are read from. */
  volatile @Nullable Phase previous;

  /** Set while the failure rate is reached and the minimum number of calls is what is missing. */
  volatile boolean awaitsMinimum;

  private volatile int streak;

  private Phase(Builder builder) {
    config = builder.config;
    state = builder.state;
    cause = builder.cause;
    generation = builder.generation;
    transitions = builder.transitions;
    enteredAt = builder.enteredAt;
    enteredWall = builder.enteredWall;
    cooldownNanos = builder.cooldownNanos;
    cooldownStep = builder.cooldownStep;
    until = state == CircuitBreakerState.OPEN ? builder.until : TimeSource.NEVER;
    previous = builder.previous;
    streak = builder.streak;
    probeSuccesses = new AtomicInteger(builder.probeSuccesses);
    probes = state == CircuitBreakerState.HALF_OPEN
        ? new ProbeSlots(
            config.halfOpenMaxCalls(), enteredAt, config.halfOpenMaxDuration().toNanos())
        : null;
    switch (state) {
      case CLOSED -> {
        freePermit = Permit.closed(generation);
        window = builder.window;
      }
      case METRICS_ONLY -> {
        freePermit = Permit.bypass(generation);
        window = builder.window;
      }
      case DISABLED -> {
        freePermit = Permit.bypass(generation);
        window = null;
      }
      default -> {
        freePermit = CircuitBreaker.REJECTED;
        window = null;
      }
    }
  }

  int streak() {
    return streak;
  }

  /** Counts a failure in a row; saturates. */
  int lengthenStreak() {
    while (true) {
      int length = streak;
      if (length == Integer.MAX_VALUE) {
        return length;
      }
      if (STREAK.compareAndSet(this, length, length + 1)) {
        return length + 1;
      }
    }
  }

  /** Ends the row of failures. Writes nothing where there is none, so successes share this line without contending for it. */
  void endStreak() {
    int length = streak;
    while (length != 0 && !STREAK.compareAndSet(this, length, 0)) {
      length = streak;
    }
  }

  /** Describes the phase to come. */
  static final class Builder {
    private final CircuitBreakerConfig config;
    private final CircuitBreakerState state;
    private final TransitionCause cause;
    private final long enteredAt;
    private final Instant enteredWall;
    private @Nullable Phase previous;
    private @Nullable TimeWindow window;
    private long generation = 1;
    private long transitions;
    private long until;
    private long cooldownNanos;
    private int cooldownStep;
    private int streak;
    private int probeSuccesses;

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
      this.enteredWall = wall;
    }

    /** The next phase after a transition. */
    Builder after(Phase phase) {
      previous = phase;
      generation = phase.generation + 1;
      transitions = phase.transitions + 1;
      return this;
    }

    /** The same state under other settings, or with restored counts: no transition. */
    Builder inPlaceOf(Phase phase) {
      previous = phase;
      generation = phase.generation + 1;
      transitions = phase.transitions;
      return this;
    }

    Builder window(TimeWindow window) {
      this.window = window;
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

    Builder streak(int failures) {
      streak = failures;
      return this;
    }

    Builder probeSuccesses(int count) {
      probeSuccesses = count;
      return this;
    }

    Phase build() {
      return new Phase(this);
    }
  }
}
