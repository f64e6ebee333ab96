package io.aragora.resilience.core.admission;

/** Why a policy rejects a call. */
public enum Rejection {
  /** Nothing is available, and the call may not wait. */
  UNAVAILABLE,
  /** Too many wait already. */
  QUEUE_FULL,
  /** Nothing was available in the time for which a call may wait. */
  WAITED,
  /** The deadline around the call has passed, or would pass before the wait can end. */
  DEADLINE
}
