package io.aragora.resilience.chaos;

/** Whether chaos is active in a runtime. */
public enum ChaosState {
  /** The process does not enable chaos, so it cannot be started. */
  NOT_ENABLED,
  /** Chaos may be started. */
  STOPPED,
  /** Chaos injects. */
  ACTIVE
}
