package io.aragora.resilience.circuitbreaker;

/** The causes of the state of a circuit breaker. */
public enum TransitionCause {
  /** It was just created. */
  CREATED,
  /** The number of consecutive failures reached the threshold. */
  FAILURE_THRESHOLD,
  /** The number of failures in the window reached the threshold. */
  FAILURE_COUNT,
  /** The failure rate of the window reached the threshold. */
  FAILURE_RATE,
  /** The slow-call rate of the window, with slow calls in flight, reached the threshold. */
  SLOW_CALL_RATE,
  /** The cooldown elapsed. */
  COOLDOWN_ELAPSED,
  /** A probe failed, or too large a share of the probes did. */
  PROBE_FAILED,
  /** A probe was slow, or is slow and still in flight. */
  PROBE_SLOW,
  /** Enough probes succeeded. */
  PROBES_SUCCEEDED,
  /** The application or an operator changed the state. */
  MANUAL,
  /** It was saved in this state before a restart. */
  RESTORED,
  /** The breaker of the same name opened in another instance, and this one shares its state. */
  SHARED,
  /** The breaker is closed and rejects a share of its calls, because many fail. A cause of rejections, not of a state. */
  THROTTLED
}
