package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerExplanation.Evidence;
import io.aragora.resilience.core.time.CoarseClock;
import org.jspecify.annotations.Nullable;

/** The breaker rejects every call until the cooldown is over. */
final class OpenPhase extends Phase {
  private final long until;
  private final long cooldownNanos;
  private final int cooldownStep;
  private final int failuresBefore;
  private final boolean openedByHand;
  private final @Nullable Evidence evidence;

  /**
   * Creates an open phase.
   *
   * @param until the end of the cooldown, an instant of the time source
   * @param cooldownNanos the whole cooldown
   * @param cooldownStep the number of earlier openings since the breaker was last closed
   * @param failuresBefore the consecutive failures that led here
   * @param openedByHand whether the end was set by hand, so that no setting shortens it after a restart
   * @param evidence the counts that the rule judged; null if no rule opened the breaker
   */
  OpenPhase(
      PhaseHeader header,
      long until,
      long cooldownNanos,
      int cooldownStep,
      int failuresBefore,
      boolean openedByHand,
      @Nullable Evidence evidence) {
    super(header, CircuitBreaker.REJECTED, null);
    this.until = until;
    this.cooldownNanos = cooldownNanos;
    this.cooldownStep = cooldownStep;
    this.failuresBefore = failuresBefore;
    this.openedByHand = openedByHand;
    this.evidence = evidence;
  }

  OpenPhase under(PhaseHeader otherSettings) {
    return new OpenPhase(
        otherSettings, until, cooldownNanos, cooldownStep, failuresBefore, openedByHand, evidence);
  }

  @Override
  long admit(CoarseClock clock) {
    return clock.isWellBefore(until) || clock.readPrecisely() < until
        ? CircuitBreaker.REJECTED
        : OVER;
  }

  @Override
  boolean isAvailable(long now) {
    return now >= until;
  }

  /** An open phase admits nothing, so no permit is of its generation. */
  @Override
  int count(long permit, int outcome, long heldNanos, CoarseClock clock, LifetimeTotals totals) {
    return RETIRED;
  }

  @Override
  int consecutiveFailures() {
    return failuresBefore;
  }

  @Override
  long until() {
    return until;
  }

  @Override
  long cooldownNanos() {
    return cooldownNanos;
  }

  @Override
  int cooldownStep() {
    return cooldownStep;
  }

  boolean isOpenedByHand() {
    return openedByHand;
  }

  @Override
  @Nullable
  Evidence evidence() {
    return evidence;
  }
}
