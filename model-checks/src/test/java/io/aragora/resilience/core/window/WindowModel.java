package io.aragora.resilience.core.window;

import io.aragora.resilience.core.time.TestTime;
import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;

/** A window that is retired at some time, and the totals that receive what it counted. It is its own specification. */
@Param(name = "outcome", gen = IntGen.class, conf = "0:3")
public abstract class WindowModel {
  final TestTime time = new TestTime();
  final Sink totals = new Sink();
  final OutcomeWindow window = create();

  private final long before = counted();
  private final AtomicLong taken = new AtomicLong();

  static final class Sink implements OutcomeWindow.Totals {
    private final AtomicLong added = new AtomicLong();

    @Override
    public void add(int outcome, long count) {
      added.addAndGet(count);
    }

    @Override
    public long successes() {
      return 0;
    }

    @Override
    public void succeededAt(long nanos) {}

    @Override
    public void movedWithin(OutcomeWindow window) {}
  }

  abstract OutcomeWindow create();

  /** Returns whether the window took the outcome. */
  @Operation
  public boolean count(@Param(name = "outcome") int outcome) {
    boolean isTaken = window.count(outcome, time.nanoTime());
    if (isTaken) {
      taken.incrementAndGet();
    }
    return isTaken;
  }

  @Operation(runOnce = true)
  public void retire() {
    window.retire(null);
  }

  private long counted() {
    long sum = totals.added.get();
    for (int outcome = 0; outcome < OutcomeWindow.OUTCOMES; outcome++) {
      sum += window.total(outcome);
    }
    return sum;
  }

  /** Fails if an outcome was lost, or counted twice. */
  @Validate
  public void validate() {
    long counted = counted() - before;
    if (counted != taken.get()) {
      throw new IllegalStateException(taken + " outcomes were taken, " + counted + " are counted");
    }
  }
}
