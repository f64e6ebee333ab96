package io.aragora.resilience.chaos;

/** A way in which chaos changes a call. */
public enum Injection {
  /** The body does not run, and the call fails. */
  FAIL,
  /** The body runs after a delay. */
  DELAY,
  /** The body runs and succeeds, and then the call fails, as if the answer were lost. */
  FAIL_AFTER,
  /** An action of the application runs before the body. */
  BEHAVE
}
