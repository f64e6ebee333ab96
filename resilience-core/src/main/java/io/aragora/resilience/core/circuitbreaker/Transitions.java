package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.window.CountWindow;
import io.aragora.resilience.core.window.OutcomeWindow;
import io.aragora.resilience.core.window.TimeWindow;
import io.aragora.resilience.core.window.WindowCounts;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Creates each phase from the phase before it. Reads clocks, but changes nothing. */
final class Transitions {
  private Transitions() {}

  static Phase created(CircuitBreakerConfig config, PhaseOwner owner) {
    TimeSource time = owner.runtime().time();
    long now = time.nanoTime();
    PhaseHeader header = PhaseHeader.first(config, now, time.wallTime());
    return switch (config.initialState()) {
      case CLOSED, METRICS_ONLY -> counting(header, 0, owner);
      case OPEN -> {
        long cooldown = config.cooldown().toNanos();
        yield new OpenPhase(header, Nanos.after(now, cooldown), cooldown, 0, 0, false, null);
      }
      case HALF_OPEN -> new HalfOpenPhase(header, ProbeSlots.of(config, now, 0), 0, 0);
      case FORCED_OPEN, DISABLED -> new StandingPhase(header, 0);
    };
  }

  // ---- caused by calls

  /**
   * Returns the next phase for a cause that the present phase found.
   *
   * @param toldNanos the cooldown that the failure asks for, up to the maximum; 0 if it asks for none
   */
  static Phase following(Phase present, TransitionCause cause, long toldNanos, PhaseOwner owner) {
    return switch (cause) {
      case FAILURE_THRESHOLD,
          FAILURE_COUNT,
          FAILURE_RATE,
          SLOW_CALL_RATE,
          PROBE_FAILED,
          PROBE_SLOW ->
        present instanceof CountingPhase counting
                && present.state == CircuitBreakerState.METRICS_ONLY
            ? wouldHaveOpened(counting, cause, toldNanos, owner)
            : opened(present, cause, toldNanos, owner);
      case PROBES_SUCCEEDED -> closed(present, cause, owner);
      case COOLDOWN_ELAPSED -> halfOpened(present, cause, owner);
      case CREATED, MANUAL, RESTORED, SHARED, THROTTLED ->
        throw new IllegalArgumentException("no call causes a transition by " + cause);
    };
  }

  private static Phase wouldHaveOpened(
      CountingPhase present, TransitionCause cause, long toldNanos, PhaseOwner owner) {
    TimeSource time = owner.runtime().time();
    long now = time.nanoTime();
    long cooldown = cooldownNanos(present.config, toldNanos, 0, present.transitions + 1, owner);
    return new CountingPhase(
        PhaseHeader.noted(present, cause, time.wallTime()),
        present.window(),
        null,
        new CountingPhase.Pause(evidence(present, now), Nanos.after(now, cooldown)));
  }

  private static Phase opened(
      Phase present, TransitionCause cause, long toldNanos, PhaseOwner owner) {
    TimeSource time = owner.runtime().time();
    boolean probing = present.state == CircuitBreakerState.HALF_OPEN;
    int step = probing ? present.cooldownStep() + 1 : 0;
    long now = time.nanoTime();
    PhaseHeader header = after(present, CircuitBreakerState.OPEN, cause, now, owner);
    long cooldown = cooldownNanos(present.config, toldNanos, step, header.generation(), owner);
    return new OpenPhase(
        header,
        Nanos.after(now, cooldown),
        cooldown,
        step,
        present.consecutiveFailures() + (cause == TransitionCause.PROBE_FAILED ? 1 : 0),
        false,
        probing ? evidenceOfProbes(present) : evidence(present, now));
  }

  private static @Nullable Evidence evidenceOfProbes(Phase present) {
    return present.config.halfOpenFailureRateThreshold() == 0
        ? null
        : Evidence.builder()
            .calls((long) present.probeSuccesses() + present.probeFailures())
            .failures(present.probeFailures())
            .consecutiveFailures(present.consecutiveFailures())
            .build();
  }

  private static Evidence evidence(Phase present, long now) {
    WindowCounts counts = present.counts(now);
    long inFlight = present.slowInFlight(now);
    return Evidence.builder()
        .calls(counts.calls() + inFlight)
        .failures(counts.failures())
        .slowCalls(counts.slowCalls() + inFlight)
        .slowFailures(counts.slowFailures())
        .slowCallsInFlight(inFlight)
        .consecutiveFailures(present.consecutiveFailures())
        .build();
  }

  static Phase halfOpened(Phase present, TransitionCause cause, PhaseOwner owner) {
    long now = owner.runtime().clock().readPrecisely();
    return new HalfOpenPhase(
        after(present, CircuitBreakerState.HALF_OPEN, cause, now, owner),
        ProbeSlots.of(present.config, now, 0),
        present.cooldownStep(),
        present.consecutiveFailures());
  }

  private static Phase closed(Phase present, TransitionCause cause, PhaseOwner owner) {
    long now = owner.runtime().time().nanoTime();
    return counting(after(present, CircuitBreakerState.CLOSED, cause, now, owner), 0, owner);
  }

  // ---- by hand

  static Phase reset(Phase present, PhaseOwner owner) {
    return closed(present, TransitionCause.MANUAL, owner);
  }

  static Phase openedByHand(Phase present, long nanos, PhaseOwner owner) {
    long now = owner.runtime().time().nanoTime();
    return new OpenPhase(
        after(present, CircuitBreakerState.OPEN, TransitionCause.MANUAL, now, owner),
        Nanos.after(now, nanos),
        nanos,
        present.cooldownStep(),
        present.consecutiveFailures(),
        true,
        null);
  }

  static Phase forced(Phase present, CircuitBreakerState state, PhaseOwner owner) {
    long now = owner.runtime().time().nanoTime();
    PhaseHeader header = after(present, state, TransitionCause.MANUAL, now, owner);
    return isCounting(state)
        ? counting(header, 0, owner)
        : new StandingPhase(header, present.consecutiveFailures());
  }

  /** Returns the present phase under other settings, with its counts. */
  static Phase reconfigured(Phase present, CircuitBreakerConfig config, PhaseOwner owner) {
    PhaseHeader header = PhaseHeader.under(config, present);
    if (present instanceof CountingPhase counting) {
      OutcomeWindow window = counting.window();
      CallsInFlight flights = counting.flights();
      boolean sameFlights = flights != null && flights.limitNanos() == Phase.slowNanos(config);
      return CountingPhase.of(
          header,
          window.fits(config) ? window : newHeir(config, owner),
          sameFlights ? flights : newFlights(config),
          counting.pause(),
          owner,
          counting.draws());
    }
    if (present instanceof OpenPhase open) {
      return open.under(header);
    }
    return present instanceof HalfOpenPhase halfOpen
        ? halfOpen.under(header)
        : ((StandingPhase) present).under(header);
  }

  // ---- by what was saved

  /**
   * Returns the phase that was saved before a restart.
   *
   * @param sameSettings whether it was saved under the present settings; else counts and probes are dropped
   */
  static Phase restored(Phase present, SavedBreaker saved, boolean sameSettings, PhaseOwner owner) {
    TimeSource time = owner.runtime().time();
    long now = time.nanoTime();
    int failures = sameSettings ? saved.consecutiveFailures() : 0;
    CircuitBreakerState state = saved.state();
    if (state == CircuitBreakerState.HALF_OPEN && !sameSettings) {
      state = CircuitBreakerState.OPEN;
    }
    PhaseHeader header = (state == present.state
            ? PhaseHeader.anew(present, TransitionCause.RESTORED, now, saved.enteredAt())
            : PhaseHeader.after(present, state, TransitionCause.RESTORED, now, saved.enteredAt()))
        .atLeastOfGeneration(saved.generation());
    return switch (state) {
      case CLOSED, METRICS_ONLY -> counting(header, failures, owner);
      case OPEN ->
        new OpenPhase(
            header,
            Nanos.after(now, left(present, saved, sameSettings, time)),
            longest(present, saved, sameSettings),
            saved.cooldownStep(),
            failures,
            saved.openedByHand(),
            null);
      case HALF_OPEN ->
        new HalfOpenPhase(
            header,
            ProbeSlots.of(present.config, now, outcomesOfProbes(present.config, saved)),
            saved.cooldownStep(),
            failures);
      case FORCED_OPEN, DISABLED -> new StandingPhase(header, failures);
    };
  }

  /** The outcomes before a restart never decide by themselves. */
  private static long outcomesOfProbes(CircuitBreakerConfig config, SavedBreaker saved) {
    int successes = saved.probeSuccesses();
    int failures = saved.probeFailures();
    if (config.halfOpenFailureRateThreshold() == 0) {
      return ProbeSlots.outcomes(Math.min(successes, config.successThreshold() - 1), 0);
    }
    return successes + failures < config.halfOpenCalls()
        ? ProbeSlots.outcomes(successes, failures)
        : 0;
  }

  /** Returns the opening of another instance, for what is left of it; null where nothing is. */
  static @Nullable Phase shared(Phase present, SavedBreaker other, PhaseOwner owner) {
    TimeSource time = owner.runtime().time();
    long left = left(present, other, true, time);
    if (left == 0) {
      return null;
    }
    long now = time.nanoTime();
    return new OpenPhase(
        after(present, CircuitBreakerState.OPEN, TransitionCause.SHARED, now, owner),
        Nanos.after(now, left),
        longest(present, other, true),
        other.cooldownStep(),
        present.consecutiveFailures(),
        other.openedByHand(),
        null);
  }

  /** A wall clock that went back must not lengthen the cooldown, so what is left is never more than all of it. */
  private static long left(
      Phase present, SavedBreaker saved, boolean sameSettings, TimeSource time) {
    Instant until = saved.openUntil();
    return until == null
        ? 0
        : Math.min(
            Math.max(0, nanosBetween(time.wallTime(), until)),
            longest(present, saved, sameSettings));
  }

  /** No saved state makes a cooldown longer than the settings permit, unless it was set by hand. */
  private static long longest(Phase present, SavedBreaker saved, boolean sameSettings) {
    if (saved.openedByHand()) {
      return saved.cooldown().toNanos();
    }
    long most = sameSettings
        ? longestCooldownNanos(present.config)
        : present.config.cooldown().toNanos();
    return Math.min(saved.cooldown().toNanos(), most);
  }

  private static long nanosBetween(Instant from, Instant to) {
    try {
      return Duration.between(from, to).toNanos();
    } catch (ArithmeticException e) {
      return from.isBefore(to) ? Long.MAX_VALUE : 0;
    }
  }

  // ---- parts

  private static PhaseHeader after(
      Phase before, CircuitBreakerState state, TransitionCause cause, long now, PhaseOwner owner) {
    return PhaseHeader.after(before, state, cause, now, owner.runtime().time().wallTime());
  }

  private static boolean isCounting(CircuitBreakerState state) {
    return state == CircuitBreakerState.CLOSED || state == CircuitBreakerState.METRICS_ONLY;
  }

  private static Phase counting(PhaseHeader header, int failures, PhaseOwner owner) {
    OutcomeWindow window = newWindow(header.config(), owner);
    window.beginConsecutiveFailures(failures);
    return CountingPhase.of(header, window, newFlights(header.config()), null, owner, 0);
  }

  private static @Nullable CallsInFlight newFlights(CircuitBreakerConfig config) {
    long limit = Phase.slowNanos(config);
    return limit == 0 ? null : new CallsInFlight(limit);
  }

  private static OutcomeWindow newHeir(CircuitBreakerConfig config, PhaseOwner owner) {
    OutcomeWindow heir = newWindow(config, owner);
    heir.awaitConsecutiveFailures();
    return heir;
  }

  private static OutcomeWindow newWindow(CircuitBreakerConfig config, PhaseOwner owner) {
    BreakerRuntime runtime = owner.runtime();
    long now = runtime.time().nanoTime();
    return config.countWindow() != 0
        ? CountWindow.of(config.countWindow(), now, owner)
        : new TimeWindow(config, now, owner, runtime.sweeper());
  }

  /**
   * Returns how long the breaker stays open. The cooldown grows with each consecutive opening up to the maximum, then is
   * lengthened at random, so that the instances of a fleet do not probe in step.
   *
   * @param toldNanos the cooldown that the failure asks for, up to the maximum; 0 if it asks for none
   * @param step the number of earlier openings since the breaker was last closed
   */
  private static long cooldownNanos(
      CircuitBreakerConfig config, long toldNanos, int step, long generation, PhaseOwner owner) {
    double nanos = config.cooldown().toNanos();
    if (toldNanos > 0) {
      nanos = toldNanos;
    } else if (config.cooldownBackoff() > 1) {
      double grown = nanos * Math.pow(config.cooldownBackoff(), step);
      nanos = Math.min(grown, (double) config.maxCooldown().toNanos());
    }
    if (config.cooldownJitter() > 0) {
      nanos += nanos
          * config.cooldownJitter()
          * owner.runtime().time().random(owner.name(), generation, 0);
    }
    return (long) nanos;
  }

  /** Returns the longest cooldown, whatever the step and the random number. */
  private static long longestCooldownNanos(CircuitBreakerConfig config) {
    double nanos = config.cooldownBackoff() > 1 || config.cooldownFrom() != null
        ? Math.max(config.cooldown().toNanos(), config.maxCooldown().toNanos())
        : config.cooldown().toNanos();
    return (long) (nanos + nanos * config.cooldownJitter());
  }
}
