package io.aragora.resilience.core.circuitbreaker;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/** The claims of {@link LifetimeTotals}. */
public class LifetimeTotalsStress {
  /** Two counts at once, which create the adders: neither is lost, nor the earlier count. */
  @JCStressTest
  @Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "All are in the sum.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A count was lost, or is there twice.")
  @State
  public static class NothingIsLost {
    private final LifetimeTotals totals = new LifetimeTotals();

    public NothingIsLost() {
      totals.add(LifetimeTotals.LATE, 2);
    }

    @Actor
    public void one() {
      totals.add(LifetimeTotals.LATE, 1);
      totals.add(LifetimeTotals.LATE, 1);
    }

    @Actor
    public void other() {
      totals.add(LifetimeTotals.LATE, 1);
      totals.add(LifetimeTotals.LATE, 2);
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = totals.sum(LifetimeTotals.LATE);
    }
  }

  /** A word that is read and written apart: shows that the test detects a lost count. */
  @JCStressTest
  @Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "All are in the sum.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The count that LifetimeTotals must not lose.")
  @State
  public static class BrokenNothingIsLost {
    private volatile long word = 2;

    private void add(long amount) {
      long present = word;
      word = present + amount;
    }

    @Actor
    public void one() {
      add(1);
      add(1);
    }

    @Actor
    public void other() {
      add(1);
      add(2);
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = word;
    }
  }
}
