package io.aragora.resilience.circuitbreaker;

/** Why a circuit breaker is in its state. */
public enum TransitionCause {
  /** It was just created. */
  CREATED,
  /** As many calls in a row failed as the threshold says. */
  FAILURE_THRESHOLD,
  /** Too large a share of the calls in the window failed. */
  FAILURE_RATE,
  /** Too large a share of the calls in the window was slow, those still under way included. */
  SLOW_CALL_RATE,
  /** The cooldown is over. */
  COOLDOWN_ELAPSED,
  /** A call that was admitted as a probe failed. */
  PROBE_FAILED,
  /** A call that was admitted as a probe took too long, or still does. */
  PROBE_SLOW,
  /** Enough probes succeeded. */
  PROBES_SUCCEEDED,
  /** Somebody asked for it. */
  MANUAL,
  /** It was saved in this state before a restart. */
  RESTORED,
  /** The breaker of the same name opened in another instance, and this one shares its state. */
  SHARED
}
