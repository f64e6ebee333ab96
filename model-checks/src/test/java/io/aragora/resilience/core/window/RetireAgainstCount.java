package io.aragora.resilience.core.window;

import io.aragora.resilience.models.Threads;
import java.util.concurrent.atomic.AtomicBoolean;

/** A {@link LongCountWindow} hands its outcomes on to its heir while one more is counted: the heir has it, or it was late. */
public final class RetireAgainstCount implements Runnable {
  private static final int LENGTH = ShortCountWindow.MAX_LENGTH + 1;

  @Override
  public void run() {
    OutcomeWindow window = new LongCountWindow(LENGTH, 0, new WindowModel.Sink());
    OutcomeWindow heir = new LongCountWindow(LENGTH, 0, new WindowModel.Sink());
    window.count(OutcomeWindow.FAILURE, 0);
    AtomicBoolean isTaken = new AtomicBoolean();
    Threads.run(
        () -> isTaken.set(window.count(OutcomeWindow.FAILURE, 0)), () -> window.retire(heir));
    long failures = heir.counts(0).failures();
    Threads.check(
        failures == (isTaken.get() ? 2 : 1),
        "the heir has " + failures + " failures; the second was taken: " + isTaken);
  }
}
