package io.aragora.resilience.core.window;

import org.jetbrains.lincheck.datastructures.Operation;

/** A {@link ShortCountWindow} of two outcomes. */
public class ShortCountWindowModel extends WindowModel {
  @Override
  OutcomeWindow create() {
    return new ShortCountWindow(2, 0, totals);
  }

  @Operation
  public String read() {
    WindowCounts counts = window.counts(0);
    return counts.calls() + " calls, " + counts.failures() + " failures, " + counts.slowCalls()
        + " slow";
  }
}
