package io.aragora.resilience.core.window;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claim of {@link StripedCount}: no count is lost, even while the stripes are created. */
public class StripedCountStress {
  /** Two threads that contend for the first word. */
  @JCStressTest
  @Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "Everything was counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Some were lost.")
  @State
  public static class NothingIsLost {
    private final StripedCount count = new StripedCount();

    private void twice() {
      count.increment();
      count.increment();
    }

    @Actor
    public void one() {
      twice();
    }

    @Actor
    public void another() {
      twice();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = (int) count.sum();
    }
  }

  /** A plain addition: shows that the test detects a lost count. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Everything was counted.")
  @Outcome(id = "1", expect = Expect.ACCEPTABLE_INTERESTING, desc = "One was lost.")
  @State
  public static class BrokenNothingIsLost {
    private volatile int count;

    @Actor
    @SuppressWarnings("NonAtomicVolatileUpdate") // the demonstrated fault
    public void one() {
      count++;
    }

    @Actor
    @SuppressWarnings("NonAtomicVolatileUpdate") // the demonstrated fault
    public void another() {
      count++;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = count;
    }
  }
}
