package io.aragora.resilience.core.chaos;

/** A call that waits in an injected delay. */
interface Delay {
  /** Ends the wait, because chaos is over. Must neither block nor throw. */
  void end();
}
