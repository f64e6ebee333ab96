package io.aragora.resilience.core.window;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link CountWindow} and {@link ShortCountWindow}. */
public class CountWindowStress {
  /** Totals that the test ignores. */
  static final class Nowhere implements OutcomeWindow.Totals {
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

    long added() {
      return added.get();
    }
  }

  private static void fillWithFailures(OutcomeWindow window, int length) {
    for (int i = 0; i < length; i++) {
      window.count(OutcomeWindow.FAILURE, 0);
    }
  }

  private static int failures(OutcomeWindow window) {
    return (int) window.counts(0).failures();
  }

  /** Outcomes of two writers at once in a window full of failures: each removes one failure. */
  @JCStressTest
  @Outcome(id = "25, 22", expect = Expect.ACCEPTABLE, desc = "Three failures left.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "An outcome was lost, or one left twice.")
  @State
  public static class LongWindowIsExact {
    private final OutcomeWindow window = CountWindow.of(25, 0, new Nowhere());

    public LongWindowIsExact() {
      fillWithFailures(window, 25);
    }

    @Actor
    public void one() {
      window.count(OutcomeWindow.SUCCESS, 0);
      window.count(OutcomeWindow.SUCCESS, 0);
    }

    @Actor
    public void other() {
      window.count(OutcomeWindow.SUCCESS, 0);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = (int) window.counts(0).calls();
      result.r2 = failures(window);
    }
  }

  /** The same in one word. */
  @JCStressTest
  @Outcome(id = "3, 0", expect = Expect.ACCEPTABLE, desc = "All failures left.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "An outcome was lost, or one left twice.")
  @State
  public static class ShortWindowIsExact {
    private final OutcomeWindow window = CountWindow.of(3, 0, new Nowhere());

    public ShortWindowIsExact() {
      fillWithFailures(window, 3);
    }

    @Actor
    public void one() {
      window.count(OutcomeWindow.SUCCESS, 0);
      window.count(OutcomeWindow.SUCCESS, 0);
    }

    @Actor
    public void other() {
      window.count(OutcomeWindow.SUCCESS, 0);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = (int) window.counts(0).calls();
      result.r2 = failures(window);
    }
  }

  /** A ring whose slot is read apart from the sum: shows that the test detects an outcome that leaves twice. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Both failures left.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The sum that a count window must not have.")
  @State
  public static class BrokenWindowIsExact {
    private final AtomicIntegerArray ring = new AtomicIntegerArray(new int[] {1, 1});
    private volatile int ticket;
    private volatile int failures = 2;

    private void succeed() {
      int place = ticket % 2;
      ticket = ticket + 1;
      failures = failures - ring.get(place);
      ring.set(place, 0);
    }

    @Actor
    public void one() {
      succeed();
    }

    @Actor
    public void other() {
      succeed();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = failures;
    }
  }

  /** A reader between two writers sees the sums of one instant. */
  @JCStressTest
  @Outcome(
      id = {"25, 0", "25, 1", "25, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "Consistent.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Sums of two instants.")
  @State
  public static class ReaderSeesOneInstant {
    private final OutcomeWindow window = CountWindow.of(25, 0, new Nowhere());

    public ReaderSeesOneInstant() {
      for (int i = 0; i < 25; i++) {
        window.count(OutcomeWindow.SUCCESS, 0);
      }
    }

    @Actor
    public void write() {
      window.count(OutcomeWindow.FAILURE, 0);
      window.count(OutcomeWindow.FAILURE, 0);
    }

    @Actor
    public void read(II_Result result) {
      WindowCounts counts = window.counts(0);
      result.r1 = (int) counts.calls();
      result.r2 = (int) counts.failures();
    }
  }

  /** Retirement transfers the window's outcomes to its heir; a concurrent outcome is in one of the two. */
  @JCStressTest
  @Outcome(id = "1, 3", expect = Expect.ACCEPTABLE, desc = "Counted before, and transferred.")
  @Outcome(
      id = "0, 2",
      expect = Expect.ACCEPTABLE,
      desc = "Rejected; the caller counts it elsewhere.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Counted and lost, or rejected and counted.")
  @State
  public static class HandingOnLosesNothing {
    private final OutcomeWindow window = CountWindow.of(25, 0, new Nowhere());
    private final OutcomeWindow heir = CountWindow.of(30, 0, new Nowhere());

    public HandingOnLosesNothing() {
      window.count(OutcomeWindow.FAILURE, 0);
      window.count(OutcomeWindow.FAILURE, 0);
    }

    @Actor
    public void count(II_Result result) {
      result.r1 = window.count(OutcomeWindow.FAILURE, 0) ? 1 : 0;
    }

    @Actor
    public void retire() {
      window.retire(heir);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = failures(heir);
    }
  }

  /** A copy that is taken before the window is closed: shows that the test detects a lost outcome. */
  @JCStressTest
  @Outcome(
      id = {"1, 3", "0, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "Transferred, or rejected.")
  @Outcome(
      id = "1, 2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The outcome that a count window must not lose on retirement.")
  @State
  public static class BrokenHandingOn {
    private final AtomicLong window = new AtomicLong(2);
    private volatile boolean closed;
    private volatile long heir;

    @Actor
    public void count(II_Result result) {
      if (!closed) {
        window.incrementAndGet();
        result.r1 = 1;
      }
    }

    @Actor
    public void retire() {
      heir = window.get();
      closed = true;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = (int) heir;
    }
  }

  /** The consecutive failures continue in the heir: a concurrent failure is counted in one of the two. */
  @JCStressTest
  @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "Three consecutive failures.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A failure was lost, or counted twice.")
  @State
  public static class ConsecutiveFailuresMoveWhole {
    private final OutcomeWindow window = CountWindow.of(25, 0, new Nowhere());
    private final OutcomeWindow heir = CountWindow.of(25, 0, new Nowhere());

    public ConsecutiveFailuresMoveWhole() {
      heir.awaitConsecutiveFailures();
      window.addConsecutiveFailure();
      window.addConsecutiveFailure();
    }

    @Actor
    public void fail() {
      if (window.addConsecutiveFailure() == OutcomeWindow.MOVED) {
        heir.addConsecutiveFailure();
      }
    }

    @Actor
    public void move() {
      window.moveConsecutiveFailures(heir);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = heir.consecutiveFailures();
    }
  }

  /** The heir counts a success while the consecutive failures come: the success is the later one, so none is left. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "No consecutive failure.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Failures before a success came back.")
  @State
  public static class SuccessAgainstMove {
    private final OutcomeWindow window = CountWindow.of(25, 0, new Nowhere());
    private final OutcomeWindow heir = CountWindow.of(25, 0, new Nowhere());

    public SuccessAgainstMove() {
      heir.awaitConsecutiveFailures();
      window.addConsecutiveFailure();
      window.addConsecutiveFailure();
    }

    @Actor
    public void succeed() {
      heir.endConsecutiveFailures();
    }

    @Actor
    public void move() {
      window.moveConsecutiveFailures(heir);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = heir.consecutiveFailures();
    }
  }

  /** A success that leaves no trace in the heir: shows that the test detects failures that come back. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "No consecutive failure.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The failures that the success must end.")
  @State
  public static class BrokenSuccessAgainstMove {
    private final AtomicLong heir = new AtomicLong();

    @Actor
    public void succeed() {
      if (heir.get() != 0) {
        heir.set(0);
      }
    }

    @Actor
    public void move() {
      heir.addAndGet(2);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = (int) heir.get();
    }
  }

  /** A count of consecutive failures that is copied but not closed: shows that the test detects a lost failure. */
  @JCStressTest
  @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "Three consecutive failures.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The failure that the consecutive count must not lose.")
  @State
  public static class BrokenConsecutiveFailuresMoveWhole {
    private final AtomicLong consecutiveFailures = new AtomicLong(2);
    private volatile long heir;

    @Actor
    public void fail() {
      consecutiveFailures.incrementAndGet();
    }

    @Actor
    public void move() {
      heir = consecutiveFailures.get();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = (int) heir;
    }
  }
}
