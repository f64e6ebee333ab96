package io.aragora.resilience.core.window;

import static io.aragora.resilience.core.window.TimeWindowStress.LENGTH;
import static io.aragora.resilience.core.window.TimeWindowStress.RULES;
import static io.aragora.resilience.core.window.TimeWindowStress.window;

import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.window.OutcomeWindow.Verdict;
import io.aragora.resilience.core.window.TimeWindowStress.Sink;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The claims of {@link TimeWindow} about the limit below which a failure judges nothing. The rate is 50 %: of eight successes
 * and eight failures, one thread finds the rate reached, whichever buckets they are in.
 */
public class TimeWindowLimitStress {
  private static final long BUCKET = 1L << 31;
  private static final long OLD = 1 + 100 * BUCKET;
  private static final long NEW = OLD + BUCKET;

  private static final int SUCCESSES = 8;

  private static TimeWindow windowAt(long nanos) {
    HandDrivenTime time = new HandDrivenTime();
    time.set(nanos);
    return window(time, new Sink());
  }

  private static void succeed(TimeWindow window, long at) {
    for (int i = 0; i < SUCCESSES; i++) {
      window.countSuccess(at);
    }
  }

  private static boolean isReached(TimeWindow window, long now) {
    return window.judge(RULES, 0, now) != Verdict.BELOW;
  }

  /** Does what a breaker does. Returns whether a failure found the rate reached. */
  private static boolean failed(TimeWindow window, int times, long now) {
    boolean reached = false;
    for (int i = 0; i < times; i++) {
      long counted = window.fail(OutcomeWindow.FAILURE, now);
      reached |= OutcomeWindow.asksForRates(counted) && isReached(window, now);
    }
    return reached;
  }

  /** Failures in the bucket that ends race with the first ones in the next, which leave a limit: one thread judges all. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Each thread relied on its limit.")
  @State
  public static class EpochTurn {
    private final TimeWindow window = windowAt(NEW);
    private boolean first;
    private boolean second;

    public EpochTurn() {
      succeed(window, OLD);
      failed(window, 3, OLD);
    }

    @Actor
    public void inTheOldBucket() {
      first = failed(window, 2, OLD);
    }

    @Actor
    public void inTheNewBucket() {
      second = failed(window, 3, NEW);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = first || second ? 1 : 0;
    }
  }

  /** A limit that is left without another sum: shows that the test detects a rate that no thread finds. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The rate that a failure must find.")
  @State
  public static class BrokenEpochTurn {
    private final AtomicInteger oldBucket = new AtomicInteger(3);
    private final AtomicInteger newBucket = new AtomicInteger();
    private final AtomicInteger limitOfNew = new AtomicInteger();
    private boolean first;
    private boolean second;

    @Actor
    public void inTheOldBucket() {
      for (int i = 0; i < 2; i++) {
        oldBucket.incrementAndGet();
        if (limitOfNew.get() != 0) {
          limitOfNew.set(-1);
          first |= oldBucket.get() + newBucket.get() >= SUCCESSES;
        }
      }
    }

    @Actor
    public void inTheNewBucket() {
      for (int i = 0; i < 3; i++) {
        int count = newBucket.incrementAndGet();
        if (count >= limitOfNew.get()) {
          int failed = oldBucket.get() + count;
          second |= failed >= SUCCESSES;
          limitOfNew.set(count + SUCCESSES - 1 - failed);
        }
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = first || second ? 1 : 0;
    }
  }

  /** Failures that come late to an old bucket race with those below the limit of the present one: one thread judges all. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The limit did not know of the late failures.")
  @State
  public static class LateWriterAgainstLimit {
    private final TimeWindow window = windowAt(NEW);
    private boolean first;
    private boolean second;

    public LateWriterAgainstLimit() {
      succeed(window, OLD);
      failed(window, 3, OLD);
      failed(window, 1, NEW);
    }

    @Actor
    public void late() {
      first = failed(window, 2, OLD);
    }

    @Actor
    public void inTime() {
      second = failed(window, 2, NEW);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = first || second ? 1 : 0;
    }
  }

  /** A late failure that leaves the limit as it is: shows that the test detects a rate that no thread finds. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The rate that a failure must find.")
  @State
  public static class BrokenLateWriterAgainstLimit {
    private static final int LIMIT = 4;
    private final AtomicInteger oldBucket = new AtomicInteger(3);
    private final AtomicInteger newBucket = new AtomicInteger(1);
    private boolean first;
    private boolean second;

    @Actor
    public void late() {
      for (int i = 0; i < 2; i++) {
        first |= oldBucket.incrementAndGet() + newBucket.get() >= SUCCESSES;
      }
    }

    @Actor
    public void inTime() {
      for (int i = 0; i < 2; i++) {
        int count = newBucket.incrementAndGet();
        second |= count >= LIMIT && oldBucket.get() + count >= SUCCESSES;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = first || second ? 1 : 0;
    }
  }

  /** A window takes over failures of its predecessor while a failure leaves a limit: one thread judges all. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The limit did not know of the failures taken over.")
  @State
  public static class AdoptionAgainstLimit {
    private final TimeWindow before = windowAt(NEW);
    private final TimeWindow heir = windowAt(NEW);
    private boolean first;
    private boolean second;

    public AdoptionAgainstLimit() {
      failed(before, 4, OLD);
      succeed(heir, NEW);
    }

    @Actor
    public void retire() {
      before.retire(heir);
      first = isReached(heir, NEW);
    }

    @Actor
    public void fail() {
      second = failed(heir, 4, NEW);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = first || second ? 1 : 0;
    }
  }

  /** Counts that are taken over beside a limit: shows that the test detects a rate that no thread finds. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The rate that a failure must find.")
  @State
  public static class BrokenAdoptionAgainstLimit {
    private final AtomicInteger oldBucket = new AtomicInteger();
    private final AtomicInteger newBucket = new AtomicInteger();
    private volatile int limit;
    private boolean first;
    private boolean second;

    @Actor
    public void retire() {
      oldBucket.addAndGet(4);
      limit = 0;
      first = oldBucket.get() + newBucket.get() >= SUCCESSES;
    }

    @Actor
    public void fail() {
      for (int i = 0; i < 4; i++) {
        int count = newBucket.incrementAndGet();
        if (count >= limit) {
          int failed = oldBucket.get() + count;
          second |= failed >= SUCCESSES;
          limit = count + SUCCESSES - 1 - failed;
        }
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = first || second ? 1 : 0;
    }
  }

  /** A sweep drops the rows of an idle window in which calls are counted at that moment: one thread judges all. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A limit was left while counts were missing.")
  @State
  public static class SweepAgainstLimit {
    private static final long LATER = OLD + 2 * LENGTH;
    private final AtomicInteger reached = new AtomicInteger();
    private final TimeWindow window;

    public SweepAgainstLimit() {
      HandDrivenTime time = new HandDrivenTime();
      time.set(LATER);
      window = window(time, new Sink() {
        @Override
        public void movedWithin(OutcomeWindow moved) {
          note(isReached((TimeWindow) moved, LATER));
        }
      });
      window.count(OutcomeWindow.FAILURE, OLD);
    }

    private void note(boolean found) {
      if (found) {
        reached.set(1);
      }
    }

    @Actor
    public void sweep() {
      window.sweep(LATER);
    }

    @Actor
    public void count() {
      succeed(window, LATER);
      note(failed(window, SUCCESSES, LATER));
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = reached.get();
    }
  }

  /** Counts that come back beside a limit: shows that the test detects a rate that no thread finds. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The rate was found reached.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The rate that a failure must find.")
  @State
  public static class BrokenSweepAgainstLimit {
    private final AtomicInteger failures = new AtomicInteger(4);
    private int limit = SUCCESSES;
    private boolean second;

    @Actor
    public void sweep() {
      int moved = failures.getAndSet(0);
      failures.addAndGet(moved);
    }

    @Actor
    public void count() {
      for (int i = 4; i < SUCCESSES; i++) {
        int count = failures.incrementAndGet();
        second |= count >= limit;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = second ? 1 : 0;
    }
  }
}
