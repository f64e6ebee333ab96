package io.aragora.resilience.core.window;

import java.util.concurrent.atomic.AtomicLongArray;

/** Totals that a test reads. */
final class CountedTotals implements OutcomeWindow.Totals {
  private final AtomicLongArray counts = new AtomicLongArray(OutcomeWindow.OUTCOMES);
  volatile long succeededAt = -1;
  volatile int moves;

  @Override
  public void add(int outcome, long count) {
    counts.addAndGet(outcome, count);
  }

  @Override
  public long successes() {
    return of(OutcomeWindow.SUCCESS) + of(OutcomeWindow.SLOW_SUCCESS);
  }

  @Override
  public void succeededAt(long nanos) {
    succeededAt = nanos;
  }

  @Override
  public void movedWithin(OutcomeWindow window) {
    moves++;
  }

  long of(int outcome) {
    return counts.get(outcome);
  }

  long sum() {
    long sum = 0;
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      sum += counts.get(outcome);
    }
    return sum;
  }
}
