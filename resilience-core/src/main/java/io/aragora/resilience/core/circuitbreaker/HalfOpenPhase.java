package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.window.OutcomeWindow;
import org.jspecify.annotations.Nullable;

/** The breaker admits a limited number of probes, whose outcomes decide whether it closes or opens again. */
final class HalfOpenPhase extends Phase {
  private final ProbeSlots probes;
  private final long slowNanos;
  private final int cooldownStep;
  private final int failuresBefore;

  /**
   * Creates a half-open phase.
   *
   * @param cooldownStep the number of earlier openings since the breaker was last closed
   * @param failuresBefore the consecutive failures that led to the phase before
   */
  HalfOpenPhase(PhaseHeader header, ProbeSlots probes, int cooldownStep, int failuresBefore) {
    super(header, CircuitBreaker.REJECTED, null);
    this.probes = probes;
    this.slowNanos = slowNanos(config);
    this.cooldownStep = cooldownStep;
    this.failuresBefore = failuresBefore;
  }

  HalfOpenPhase under(PhaseHeader otherSettings) {
    return new HalfOpenPhase(otherSettings, probes, cooldownStep, failuresBefore);
  }

  /** Returns whether a probe may end the phase while it is still under way. */
  boolean watchesProbes() {
    return slowNanos != 0;
  }

  @Override
  long admit(CoarseClock clock) {
    // Without room, the call would not know of the slot that it took, or could not give it back.
    StackRoom.forCall();
    if (config.halfOpenFailureRateThreshold() != 0 && areProbesUnderWayEnough(clock.read())) {
      return CircuitBreaker.REJECTED;
    }
    long claim = probes.claim(
        slowNanos == 0 && probes.areLeasesCoarse() ? clock.read() : clock.readPrecisely());
    if (claim == ProbeSlots.NONE && probes.areLeasesCoarse()) {
      // By the precise time, a lease may be over.
      claim = probes.claim(clock.readPrecisely());
    }
    return claim == ProbeSlots.NONE ? CircuitBreaker.REJECTED : Permit.halfOpen(generation, claim);
  }

  /** Whether the share of failed probes is judged, with the probes under way, over as many as it needs. */
  private boolean areProbesUnderWayEnough(long now) {
    long outcomes = probes.outcomes();
    return (long) ProbeSlots.successes(outcomes)
            + ProbeSlots.failures(outcomes)
            + probes.inFlight(now)
        >= config.halfOpenCalls();
  }

  @Override
  boolean isAvailable(long now) {
    return !probes.isFull(now)
        && (config.halfOpenFailureRateThreshold() == 0 || !areProbesUnderWayEnough(now));
  }

  @Override
  int count(long permit, int outcome, long heldNanos, CoarseClock clock, LifetimeTotals totals) {
    if (Permit.kind(permit) != Permit.HALF_OPEN) {
      return RETIRED;
    }
    // A probe that failed keeps its slot until the phase is replaced, which must follow, unless
    // more than one may fail.
    StackRoom.forOutcome();
    boolean ends = outcome == OutcomeWindow.FAILURE && config.halfOpenFailureRateThreshold() == 0;
    long now = slowNanos == 0 ? clock.read() : clock.readPrecisely();
    long heldMicros =
        ends ? probes.spend(Permit.claim(permit), now) : probes.release(Permit.claim(permit), now);
    if (heldMicros < 0) {
      return NOT_HELD;
    }
    boolean slow = slowNanos != 0
        && (heldNanos == UNMEASURED ? heldMicros >= slowNanos / 1000 : heldNanos >= slowNanos);
    int timed = slow ? OutcomeWindow.slow(outcome) : outcome;
    totals.add(timed, 1);
    if (OutcomeWindow.isFailure(outcome)) {
      totals.failedAt(now);
    } else {
      totals.succeededAt(now);
    }
    return timed;
  }

  @Override
  long heldNanos(long permit, CoarseClock clock) {
    if (slowNanos == 0 || Permit.kind(permit) != Permit.HALF_OPEN) {
      return UNMEASURED;
    }
    long micros = probes.ageOf(Permit.claim(permit), clock.readPrecisely());
    return micros == ProbeSlots.NONE ? UNMEASURED : micros * 1000;
  }

  @Override
  boolean release(long permit) {
    return Permit.kind(permit) != Permit.HALF_OPEN || probes.release(Permit.claim(permit), 0) >= 0;
  }

  /** Returns what follows from the outcome of a probe that was counted; null for nothing yet. */
  @Nullable
  TransitionCause judge(int outcome) {
    boolean failed = outcome != OutcomeWindow.SUCCESS;
    TransitionCause opening = OutcomeWindow.isFailure(outcome)
        ? TransitionCause.PROBE_FAILED
        : TransitionCause.PROBE_SLOW;
    if (config.halfOpenFailureRateThreshold() != 0) {
      return judgeShare(probes.add(failed), 0, opening);
    }
    if (failed) {
      return opening;
    }
    return ProbeSlots.successes(probes.add(false)) >= config.successThreshold()
        ? TransitionCause.PROBES_SUCCEEDED
        : null;
  }

  /**
   * Judges the share of failed probes as soon as the outcomes that are missing cannot change the verdict.
   *
   * @param slow probes under way that count as failed already
   */
  private @Nullable TransitionCause judgeShare(long outcomes, long slow, TransitionCause opening) {
    long succeeded = ProbeSlots.successes(outcomes);
    long failed = ProbeSlots.failures(outcomes) + slow;
    double all = Math.max(config.halfOpenCalls(), succeeded + failed);
    double rate = config.halfOpenFailureRateThreshold();
    if (100 * failed >= rate * all) {
      return opening;
    }
    return 100 * (all - succeeded) < rate * all ? TransitionCause.PROBES_SUCCEEDED : null;
  }

  /** Judges by the present settings the outcomes that were counted under others. Returns what follows; null for nothing yet. */
  @Nullable
  TransitionCause judgeAgain() {
    long outcomes = probes.outcomes();
    if (config.halfOpenFailureRateThreshold() != 0) {
      return judgeShare(outcomes, 0, TransitionCause.PROBE_FAILED);
    }
    if (ProbeSlots.failures(outcomes) > 0) {
      return TransitionCause.PROBE_FAILED;
    }
    return ProbeSlots.successes(outcomes) >= config.successThreshold()
        ? TransitionCause.PROBES_SUCCEEDED
        : null;
  }

  /** Judges the probes under way that are slow already. Returns what follows; null for nothing. */
  @Nullable
  TransitionCause judgeUnderWay(long now) {
    int slow = slowNanos == 0 ? 0 : probes.olderThan(slowNanos / 1000, now);
    if (slow == 0) {
      return null;
    }
    return config.halfOpenFailureRateThreshold() == 0
        ? TransitionCause.PROBE_SLOW
        : judgeShare(probes.outcomes(), slow, TransitionCause.PROBE_SLOW);
  }

  @Override
  int consecutiveFailures() {
    return failuresBefore;
  }

  @Override
  int cooldownStep() {
    return cooldownStep;
  }

  @Override
  int probesInFlight(long now) {
    return probes.inFlight(now);
  }

  @Override
  int probeSuccesses() {
    return ProbeSlots.successes(probes.outcomes());
  }

  @Override
  int probeFailures() {
    return ProbeSlots.failures(probes.outcomes());
  }
}
