package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.core.window.OutcomeWindow;

/** The view of a breaker for the classes that make its phases, watch its calls and emit its transitions. */
interface PhaseOwner extends OutcomeWindow.Totals {
  /** Returns the name of the breaker. */
  String name();

  /** Returns what the breaker shares with others. */
  BreakerRuntime runtime();

  /** Returns the present phase. */
  Phase phase();
}
