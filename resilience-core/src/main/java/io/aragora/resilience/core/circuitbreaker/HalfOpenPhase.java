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
   * @param cooldownStep how often the breaker opened before without having closed
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
    long place = probes.claim(
        slowNanos == 0 && probes.areLeasesCoarse() ? clock.read() : clock.readPrecisely());
    if (place == ProbeSlots.NONE && probes.areLeasesCoarse()) {
      // By the precise time, a lease may be over.
      place = probes.claim(clock.readPrecisely());
    }
    return place == ProbeSlots.NONE
        ? CircuitBreaker.REJECTED
        : Permit.halfOpen(generation, Permit.slot(place), Permit.sequence(place));
  }

  @Override
  boolean isAvailable(long now) {
    return !probes.isFull(now);
  }

  @Override
  int count(long permit, int outcome, CoarseClock clock, LifetimeTotals totals) {
    if (Permit.kind(permit) != Permit.HALF_OPEN) {
      return RETIRED;
    }
    // A probe that failed keeps its slot until the phase is replaced, which must follow.
    StackRoom.forOutcome();
    long now = slowNanos == 0 ? clock.read() : clock.readPrecisely();
    long heldMicros = outcome == OutcomeWindow.FAILURE
        ? probes.fail(Permit.slot(permit), Permit.sequence(permit), now)
        : probes.complete(Permit.slot(permit), Permit.sequence(permit), now);
    if (heldMicros < 0) {
      return NOT_HELD;
    }
    int timed =
        slowNanos != 0 && heldMicros >= slowNanos / 1000 ? OutcomeWindow.slow(outcome) : outcome;
    totals.add(timed, 1);
    if (OutcomeWindow.isFailure(outcome)) {
      totals.failedAt(now);
    } else {
      totals.succeededAt(now);
    }
    return timed;
  }

  @Override
  boolean release(long permit) {
    return Permit.kind(permit) != Permit.HALF_OPEN
        || probes.complete(Permit.slot(permit), Permit.sequence(permit), 0) >= 0;
  }

  /** Returns what follows from the outcome of a probe that was counted; null for nothing yet. */
  @Nullable
  TransitionCause judge(int outcome) {
    if (OutcomeWindow.isFailure(outcome)) {
      return TransitionCause.PROBE_FAILED;
    }
    if (OutcomeWindow.isSlow(outcome)) {
      return TransitionCause.PROBE_SLOW;
    }
    return probes.succeeded() >= config.successThreshold()
        ? TransitionCause.PROBES_SUCCEEDED
        : null;
  }

  /** Returns whether a probe under way is slow already. */
  boolean isAnySlow(long now) {
    return slowNanos != 0 && probes.isAnyOlderThan(slowNanos / 1000, now);
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
    return probes.successes();
  }
}
