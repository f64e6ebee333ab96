package io.aragora.resilience.core.window;

import static io.aragora.resilience.core.window.TimeWindowStress.LENGTH;
import static io.aragora.resilience.core.window.TimeWindowStress.window;

import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.window.TimeWindowStress.Sink;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/** The claims of {@link TimeWindow} about retirement and the sweep of idle windows. */
public class TimeWindowRetirementStress {
  /** An outcome races with retirement: it is in the totals once, or reported late, and never both or neither. */
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
    private final TimeWindow window = window(new HandDrivenTime(), sink);
    private boolean counted;

    public RetirementLosesNothing() {
      window.countSuccess(1);
    }

    @Actor
    public void count() {
      counted = window.countSuccess(1);
    }

    @Actor
    public void retire() {
      window.retire(null);
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = sink.added.get(TimeWindow.SUCCESS);
      result.r2 = counted ? 1 : 0;
    }
  }

  /** A word that is read and then marked: shows that the test detects an outcome that is lost at retirement. */
  @JCStressTest
  @Outcome(
      id = {"2, 1", "1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "In the totals, or late.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The outcome that retirement must not lose.")
  @State
  public static class BrokenRetirementLosesNothing {
    private static final long RETIRED = -1;
    private final AtomicLong word = new AtomicLong(1);
    private long total;
    private boolean counted;

    @Actor
    public void count() {
      long present = word.get();
      while (present != RETIRED && !counted) {
        counted = word.compareAndSet(present, present + 1);
        present = word.get();
      }
    }

    @Actor
    public void retire() {
      total = word.get();
      word.set(RETIRED);
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = total;
      result.r2 = counted ? 1 : 0;
    }
  }

  /** The roll-over of a bucket races with retirement: a fold after the retirement still reaches the totals. */
  @JCStressTest
  @Outcome(id = "2, 1", expect = Expect.ACCEPTABLE, desc = "Both are in the totals.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE,
      desc = "The old one is in the totals, the new one was late.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The count that left the ring was lost.")
  @State
  public static class RollOverAgainstRetirement {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Sink sink = new Sink();
    private final TimeWindow window = window(time, sink);
    private boolean counted;

    public RollOverAgainstRetirement() {
      window.count(TimeWindow.FAILURE, time.nanoTime());
      time.set(1 + (32L << 32));
    }

    @Actor
    public void count() {
      counted = window.count(TimeWindow.FAILURE, time.nanoTime());
    }

    @Actor
    public void retire() {
      window.retire(null);
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = sink.added.get(TimeWindow.FAILURE);
      result.r2 = counted ? 1 : 0;
    }
  }

  /** A fold that ignores retirement: shows that the test detects the loss of a count that left the ring. */
  @JCStressTest
  @Outcome(
      id = {"2, 1", "1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Everything that was counted is in the totals.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The fold that TimeWindow must not lose.")
  @State
  public static class BrokenRollOverAgainstRetirement {
    private static final long RETIRED = -1;
    private final AtomicLong word = new AtomicLong(1);
    private final AtomicLong folded = new AtomicLong();
    private long total;
    private boolean counted;

    @Actor
    public void count() {
      counted = word.compareAndSet(1, 1L << 36 | 1);
      if (counted) {
        folded.getAndAdd(1);
      }
    }

    @Actor
    public void retire() {
      total = (word.getAndSet(RETIRED) & ((1L << 36) - 1)) + folded.getAndSet(0);
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = total;
      result.r2 = counted ? 1 : 0;
    }
  }

  /** The rings of an idle window are dropped during an outcome: it is in the window, the old one in the totals. */
  @JCStressTest
  @Outcome(
      id = "2, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Both are counted, the new one in the window.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "An outcome was lost or doubled, or left the window too early.")
  @State
  public static class SweepAgainstCount {
    private static final long LATER = 1 + 2 * LENGTH;
    private final HandDrivenTime time = new HandDrivenTime();
    private final Sink sink = new Sink();
    private final TimeWindow window = window(time, sink);

    public SweepAgainstCount() {
      window.count(TimeWindow.FAILURE, 1);
      time.set(LATER);
    }

    @Actor
    public void count() {
      window.count(TimeWindow.FAILURE, LATER);
    }

    @Actor
    public void sweep() {
      window.sweep(LATER);
    }

    @Arbiter
    public void look(JJ_Result result) {
      result.r1 = window.total(TimeWindow.FAILURE) + sink.added.get(TimeWindow.FAILURE);
      result.r2 = window.counts(LATER).failures();
    }
  }

  /** Rings that are dropped after being read: shows that the test detects an outcome lost with them. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are counted.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The outcome that the sweep must not drop.")
  @State
  public static class BrokenSweepAgainstCount {
    private final AtomicLong totals = new AtomicLong();
    private volatile AtomicLong row = new AtomicLong(1);

    @Actor
    public void count() {
      row.incrementAndGet();
    }

    @Actor
    public void sweep() {
      totals.addAndGet(row.get());
      row = new AtomicLong();
    }

    @Arbiter
    public void look(J_Result result) {
      result.r1 = totals.get() + row.get();
    }
  }
}
