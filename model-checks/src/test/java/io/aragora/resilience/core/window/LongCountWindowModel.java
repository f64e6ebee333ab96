package io.aragora.resilience.core.window;

import org.jetbrains.lincheck.datastructures.Operation;

/** A {@link LongCountWindow} full of failures. Its slow failures are not read: they may be of different instants. */
public class LongCountWindowModel extends WindowModel {
  private static final int LENGTH = ShortCountWindow.MAX_LENGTH + 1;

  @Override
  OutcomeWindow create() {
    OutcomeWindow full = new LongCountWindow(LENGTH, 0, totals);
    for (int i = 0; i < LENGTH; i++) {
      full.count(OutcomeWindow.FAILURE, 0);
    }
    return full;
  }

  @Operation
  public String read() {
    WindowCounts counts = window.counts(0);
    return counts.calls() + " calls, " + counts.failures() + " failures, " + counts.slowCalls()
        + " slow";
  }
}
