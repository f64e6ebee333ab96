package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.time.CoarseClock;

/** The breaker is forced open or disabled: it stays so until it is changed by hand. */
final class StandingPhase extends Phase {
  private final int failuresBefore;

  StandingPhase(PhaseHeader header, int failuresBefore) {
    super(
        header,
        header.state() == CircuitBreakerState.DISABLED
            ? Permit.bypass(header.generation())
            : CircuitBreaker.REJECTED,
        null);
    this.failuresBefore = failuresBefore;
  }

  StandingPhase under(PhaseHeader otherSettings) {
    return new StandingPhase(otherSettings, failuresBefore);
  }

  @Override
  long admit(CoarseClock clock) {
    return freePermit();
  }

  @Override
  boolean isAvailable(long now) {
    return state == CircuitBreakerState.DISABLED;
  }

  /** No rule is applied to the outcome. */
  @Override
  int count(long permit, int outcome, long heldNanos, CoarseClock clock, LifetimeTotals totals) {
    totals.add(outcome, 1);
    return outcome;
  }

  @Override
  int consecutiveFailures() {
    return failuresBefore;
  }
}
