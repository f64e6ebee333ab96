package io.aragora.resilience.core.retry;

import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.retry.RetryBudgetConfig;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link TokenBudget}: no retry is used twice, and no earned retry is lost. */
public class TokenBudgetStress {
  private static TokenBudget budget(int capacity, double ratio, double perSecond) {
    return new TokenBudget(
        "stress",
        RetryBudgetConfig.builder()
            .capacity(capacity)
            .ratio(ratio)
            .perSecond(perSecond)
            .build(),
        new HandDrivenTime());
  }

  /** Two callers and one retry that was earned. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them has it.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both have it, or neither.")
  @State
  public static class LastOneIsTakenOnce {
    private final TokenBudget budget = budget(1, 0, 0);

    @Actor
    public void one(II_Result result) {
      result.r1 = budget.tryTake() ? 1 : 0;
    }

    @Actor
    public void another(II_Result result) {
      result.r2 = budget.tryTake() ? 1 : 0;
    }
  }

  /** Two callers and one retry that time allows. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them has it.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both have it, or neither.")
  @State
  public static class AllowedOneIsTakenOnce {
    private final TokenBudget budget = budget(1, 0, 1);

    public AllowedOneIsTakenOnce() {
      budget.tryTake();
    }

    @Actor
    public void one(II_Result result) {
      result.r1 = budget.tryTake() ? 1 : 0;
    }

    @Actor
    public void another(II_Result result) {
      result.r2 = budget.tryTake() ? 1 : 0;
    }
  }

  /** A success earns while a retry is used: the level reflects both. */
  @JCStressTest
  @Outcome(
      id = "1, 0, 2",
      expect = Expect.ACCEPTABLE,
      desc = "Taken from the full budget, then one earned.")
  @Outcome(
      id = "1, 0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Full when the success came, so it earned nothing.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "One of the two is lost.")
  @State
  public static class CreditAgainstTake {
    private final TokenBudget budget = budget(2, 1, 0);

    @Actor
    public void take(III_Result result) {
      result.r1 = budget.tryTake() ? 1 : 0;
    }

    @Actor
    public void credit() {
      budget.credit();
    }

    @Arbiter
    public void look(III_Result result) {
      result.r2 = (int) budget.rejected();
      result.r3 = (int) budget.level();
    }
  }

  /** A read and a write in two steps: shows that the test detects a retry that is taken twice. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them has it.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Both have it, which the CAS of TokenBudget must prevent.")
  @State
  public static class BrokenLastOneIsTakenOnce {
    private final AtomicLong earned = new AtomicLong(1);

    private int take() {
      long present = earned.get();
      if (present < 1) {
        return 0;
      }
      earned.set(present - 1);
      return 1;
    }

    @Actor
    public void one(II_Result result) {
      result.r1 = take();
    }

    @Actor
    public void another(II_Result result) {
      result.r2 = take();
    }
  }
}
