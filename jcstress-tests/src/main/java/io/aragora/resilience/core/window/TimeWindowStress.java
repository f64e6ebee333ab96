package io.aragora.resilience.core.window;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/** The claims of {@link TimeWindow}; {@code jcstress-tests/run.sh smoke} runs them. */
public class TimeWindowStress {
  private static final long LENGTH = 60_000_000_000L;

  private static final class Sink implements TimeWindow.Totals {
    final AtomicLongArray added = new AtomicLongArray(2);

    @Override
    public void add(int outcome, long count) {
      added.addAndGet(outcome, count);
    }
  }

  /** Two counts in one bucket of one stripe: neither is lost, whether or not the stripes grow. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A count was lost.")
  @State
  public static class BothAreCounted {
    private final TimeWindow window = new TimeWindow(LENGTH, () -> 1, new Sink());

    @Actor
    public void first() {
      window.count(TimeWindow.SUCCESS);
    }

    @Actor
    public void second() {
      window.count(TimeWindow.SUCCESS);
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = window.total(TimeWindow.SUCCESS);
    }
  }

  /** The same with a word that is read and written apart: shows that a lost count would be seen. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are counted.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The count that TimeWindow must not lose.")
  @State
  public static class BrokenBothAreCounted {
    private final AtomicLong word = new AtomicLong();

    @Actor
    public void first() {
      word.set(word.get() + 1);
    }

    @Actor
    public void second() {
      word.set(word.get() + 1);
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = word.get();
    }
  }

  /** A bucket that is begun anew, a whole ring later, by two at once: the old count leaves the ring once, nothing is lost. */
  @JCStressTest
  @Outcome(
      id = "3, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The old one is in the total, the new ones in the window.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A count was lost, or counted twice.")
  @State
  public static class RollOverLosesNothing {
    private volatile long now = 1;
    private final TimeWindow window = new TimeWindow(LENGTH, () -> now, new Sink());

    public RollOverLosesNothing() {
      window.count(TimeWindow.FAILURE);
      // 32 buckets of 2^32 ns: the same place in the ring.
      now = 1 + (32L << 32);
    }

    @Actor
    public void first() {
      window.count(TimeWindow.FAILURE);
    }

    @Actor
    public void second() {
      window.count(TimeWindow.FAILURE);
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = window.total(TimeWindow.FAILURE);
      result.r2 = window.sum(TimeWindow.FAILURE);
    }
  }

  /** A writer whose clock reading is a ring old must not wipe the bucket that another has begun. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The late writer wiped a bucket.")
  @State
  public static class LateWriterWipesNothing {
    private volatile long now = 1;
    private final TimeWindow window = new TimeWindow(LENGTH, () -> now, new Sink());

    @Actor
    public void late() {
      window.count(TimeWindow.FAILURE);
    }

    @Actor
    public void later() {
      now = 1 + (32L << 32);
      window.count(TimeWindow.FAILURE);
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = window.total(TimeWindow.FAILURE);
    }
  }

  /** An outcome against retirement: it is in the totals once, or reported late; never both, never neither. */
  @JCStressTest
  @Outcome(
      id = "2, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Counted in time, and moved to the totals.")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Late, and reported so.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Lost, or counted twice.")
  @State
  public static class RetirementLosesNothing {
    private final Sink sink = new Sink();
    private final TimeWindow window = new TimeWindow(LENGTH, () -> 1, sink);
    private boolean counted;

    public RetirementLosesNothing() {
      window.count(TimeWindow.SUCCESS);
    }

    @Actor
    public void count() {
      counted = window.count(TimeWindow.SUCCESS);
    }

    @Actor
    public void retire() {
      window.retire();
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = sink.added.get(TimeWindow.SUCCESS);
      result.r2 = counted ? 1 : 0;
    }
  }

  /** The roll-over of a bucket against retirement: the fold that comes after the retirement reaches the totals too. */
  @JCStressTest
  @Outcome(id = "2, 1", expect = Expect.ACCEPTABLE, desc = "Both are in the totals.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE,
      desc = "The old one is in the totals, the new one was late.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The count that left the ring was lost.")
  @State
  public static class RollOverAgainstRetirement {
    private volatile long now = 1;
    private final Sink sink = new Sink();
    private final TimeWindow window = new TimeWindow(LENGTH, () -> now, sink);
    private boolean counted;

    public RollOverAgainstRetirement() {
      window.count(TimeWindow.FAILURE);
      now = 1 + (32L << 32);
    }

    @Actor
    public void count() {
      counted = window.count(TimeWindow.FAILURE);
    }

    @Actor
    public void retire() {
      window.retire();
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = sink.added.get(TimeWindow.FAILURE);
      result.r2 = counted ? 1 : 0;
    }
  }
}
