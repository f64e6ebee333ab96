package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import java.time.Duration;
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
  static final long LENGTH = 60_000_000_000L;

  static final CircuitBreakerConfig RULES = CircuitBreakerConfig.builder()
      .noFailureThreshold()
      .failureRateThreshold(50)
      .window(Duration.ofNanos(LENGTH))
      .build();

  /** A timer that ignores operations, so that none accumulate. */
  private static final Timer CLOSED = new Timer("stress", new HandDrivenTime());

  static {
    CLOSED.close();
  }

  static TimeWindow window(HandDrivenTime time, OutcomeWindow.Totals totals) {
    CoarseClock clock = new CoarseClock(time, CLOSED);
    WindowSweeper sweeper =
        new WindowSweeper(time, clock, CLOSED, new Dispatcher("stress", time, null));
    return new TimeWindow(RULES, 1, totals, sweeper);
  }

  static class Sink implements OutcomeWindow.Totals {
    final AtomicLongArray added = new AtomicLongArray(OutcomeWindow.OUTCOMES);

    @Override
    public long successes() {
      return added.get(OutcomeWindow.SUCCESS) + added.get(OutcomeWindow.SLOW_SUCCESS);
    }

    @Override
    public void succeededAt(long nanos) {}

    @Override
    public void movedWithin(OutcomeWindow window) {}

    @Override
    public void add(int outcome, long count) {
      added.addAndGet(outcome, count);
    }
  }

  /** Two counts in one bucket of one stripe: neither is lost, even if the stripes grow. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A count was lost.")
  @State
  public static class BothAreCounted {
    private final TimeWindow window = window(new HandDrivenTime(), new Sink());

    @Actor
    public void first() {
      window.countSuccess(1);
    }

    @Actor
    public void second() {
      window.countSuccess(1);
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = window.total(TimeWindow.SUCCESS);
    }
  }

  /** The same with a word that is read and written apart: shows that the test detects a lost count. */
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

  /** Many counts at once while the stripes grow: none is lost. */
  @JCStressTest
  @Outcome(id = "17, 17", expect = Expect.ACCEPTABLE, desc = "All are counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Growth lost a count, or doubled one.")
  @State
  public static class GrowthLosesNothing {
    private final TimeWindow window = window(new HandDrivenTime(), new Sink());

    public GrowthLosesNothing() {
      window.countSuccess(1);
    }

    private void countEight() {
      for (int i = 0; i < 8; i++) {
        window.countSuccess(1);
      }
    }

    @Actor
    public void one() {
      countEight();
    }

    @Actor
    public void other() {
      countEight();
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = window.total(TimeWindow.SUCCESS);
      result.r2 = window.counts(1).calls();
    }
  }

  /** Stripes that grow by copying counts: shows that the test detects the loss of a count in the old ones. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are counted.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The count that TimeWindow must not lose while it grows.")
  @State
  public static class BrokenGrowthLosesNothing {
    private volatile AtomicLongArray stripes = new AtomicLongArray(1);

    public BrokenGrowthLosesNothing() {
      stripes.incrementAndGet(0);
    }

    @Actor
    public void count() {
      stripes.incrementAndGet(0);
    }

    @Actor
    public void grow() {
      AtomicLongArray grown = new AtomicLongArray(2);
      grown.set(0, stripes.get(0));
      stripes = grown;
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = stripes.get(0);
    }
  }

  /**
   * Two writers start the next use of a bucket, a whole ring later, at once: the old count leaves the ring once, and no count
   * is lost.
   */
  @JCStressTest
  @Outcome(
      id = "3, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The old one is in the total, the new ones in the window.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A count was lost, or counted twice.")
  @State
  public static class RollOverLosesNothing {
    private final HandDrivenTime time = new HandDrivenTime();
    private final TimeWindow window = window(time, new Sink());

    public RollOverLosesNothing() {
      window.count(TimeWindow.FAILURE, time.nanoTime());
      // 32 buckets of 2^32 ns: the same slot of the ring.
      time.set(1 + (32L << 32));
    }

    @Actor
    public void first() {
      window.count(TimeWindow.FAILURE, time.nanoTime());
    }

    @Actor
    public void second() {
      window.count(TimeWindow.FAILURE, time.nanoTime());
    }

    @Arbiter
    public void sum(JJ_Result result) {
      result.r1 = window.total(TimeWindow.FAILURE);
      result.r2 = window.counts(time.nanoTime()).failures();
    }
  }

  /** A sum while a bucket is reused, a whole ring later: the count that leaves the ring is in the sum once, or not yet. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "The old calls.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE,
      desc = "The new one; the old ones are being folded.")
  @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "All.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "More than there were.")
  @State
  public static class TotalIsNeverTooLarge {
    private final HandDrivenTime time = new HandDrivenTime();
    private final TimeWindow window = window(time, new Sink());

    public TotalIsNeverTooLarge() {
      window.count(TimeWindow.FAILURE, time.nanoTime());
      window.count(TimeWindow.FAILURE, time.nanoTime());
      time.set(1 + (32L << 32));
    }

    @Actor
    public void count() {
      window.count(TimeWindow.FAILURE, time.nanoTime());
    }

    @Actor
    public void sum(J_Result result) {
      result.r1 = window.total(TimeWindow.FAILURE);
    }
  }

  /** A sum that reads the folded word last: shows that the test detects a count that is summed twice. */
  @JCStressTest
  @Outcome(
      id = {"1", "2", "3"},
      expect = Expect.ACCEPTABLE,
      desc = "No more than there were.")
  @Outcome(
      id = "4",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The sum that TimeWindow must not return.")
  @State
  public static class BrokenTotalIsNeverTooLarge {
    private final AtomicLong word = new AtomicLong(2);
    private final AtomicLong folded = new AtomicLong();

    @Actor
    public void count() {
      word.set(1);
      folded.addAndGet(2);
    }

    @Actor
    public void sum(J_Result result) {
      long present = word.get();
      result.r1 = present + folded.get();
    }
  }

  /** A bucket that is cleared and then counted in: shows that the test detects a lost count. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are in the new bucket.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The count that TimeWindow must not erase.")
  @State
  public static class BrokenRollOverLosesNothing {
    private volatile int epoch;
    private final AtomicLong count = new AtomicLong(1);

    private void countInEpoch1() {
      if (epoch != 1) {
        count.set(0);
        epoch = 1;
      }
      count.incrementAndGet();
    }

    @Actor
    public void first() {
      countInEpoch1();
    }

    @Actor
    public void second() {
      countInEpoch1();
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = count.get();
    }
  }

  /** A writer whose clock reading is a ring old must not erase a bucket that another writer has started. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The late writer erased a bucket.")
  @State
  public static class LateWriterWipesNothing {
    private final HandDrivenTime time = new HandDrivenTime();
    private final TimeWindow window = window(time, new Sink());

    @Actor
    public void late() {
      window.count(TimeWindow.FAILURE, time.nanoTime());
    }

    @Actor
    public void later() {
      time.set(1 + (32L << 32));
      window.count(TimeWindow.FAILURE, time.nanoTime());
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = window.total(TimeWindow.FAILURE);
    }
  }

  /** A writer that starts a bucket if the epoch merely differs: shows that the test detects an erased bucket. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are there, the older one folded.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The bucket that a late writer must not erase.")
  @State
  public static class BrokenLateWriterWipesNothing {
    private static final long COUNT = (1L << 36) - 1;
    private final AtomicLong word = new AtomicLong();
    private final AtomicLong folded = new AtomicLong();

    private void count(long epoch) {
      long present = word.get();
      if (present >>> 36 == epoch) {
        word.compareAndSet(present, present + 1);
      } else {
        folded.addAndGet(present & COUNT);
        word.set(epoch << 36 | 1);
      }
    }

    @Actor
    public void late() {
      count(1);
    }

    @Actor
    public void later() {
      count(33);
    }

    @Arbiter
    public void sum(J_Result result) {
      result.r1 = folded.get() + (word.get() & COUNT);
    }
  }
}
