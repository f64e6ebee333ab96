package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.admission.LeasedSlots;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The slots for probes of one half-open phase, and the outcomes of these probes. Lock-free.
 *
 * <p>A probe that failed ends the phase, so its slot is spent: otherwise another probe could be admitted before the phase is
 * replaced, although the outcome is known.
 */
final class ProbeSlots extends LeasedSlots {
  /** In one word, so that a judgement sees both at one instant: {@code failures:32 | successes:32}. */
  private final AtomicLong outcomes;

  /**
   * Creates free slots.
   *
   * @param slots the number of slots
   * @param phaseStartNanos the time at which the phase began
   * @param leaseNanos the longest time for which a slot is held
   * @param outcomesSoFar the outcomes of probes before a restart
   */
  ProbeSlots(int slots, long phaseStartNanos, long leaseNanos, long outcomesSoFar) {
    super(slots, phaseStartNanos, leaseNanos);
    this.outcomes = new AtomicLong(outcomesSoFar);
  }

  static ProbeSlots of(CircuitBreakerConfig config, long phaseStartNanos, long outcomesSoFar) {
    return new ProbeSlots(
        config.halfOpenMaxCalls(),
        phaseStartNanos,
        config.halfOpenMaxDuration().toNanos(),
        outcomesSoFar);
  }

  /** Returns the word of so many outcomes. */
  static long outcomes(int successes, int failures) {
    return ((long) failures << Integer.SIZE) | successes;
  }

  static int successes(long outcomes) {
    return (int) outcomes;
  }

  static int failures(long outcomes) {
    return (int) (outcomes >>> Integer.SIZE);
  }

  /** Counts the outcome of a probe; returns all outcomes so far. */
  long add(boolean failed) {
    return outcomes.addAndGet(failed ? outcomes(0, 1) : outcomes(1, 0));
  }

  long outcomes() {
    return outcomes.get();
  }
}
