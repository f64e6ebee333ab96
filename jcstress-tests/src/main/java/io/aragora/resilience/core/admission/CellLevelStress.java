package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.time.HandDrivenTime;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link CellLevel}: no permit is taken twice, and a change of the rate loses none and adds none. */
public class CellLevelStress {
  private static final long SECOND = 1_000_000_000;

  /** A level that was idle for longer than its burst takes, and has a burst of one permit. */
  private static CellLevel idle(HandDrivenTime time) {
    CellRate rate = CellRate.of(1, SECOND, 1);
    CellLevel level = new PaddedLevel(rate, rate.full(0));
    time.set(3600 * SECOND);
    return level;
  }

  /** Two callers and one permit. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them has it.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both have it, or neither.")
  @State
  public static class LastIsTakenOnce {
    private final HandDrivenTime time = new HandDrivenTime();
    private final CellLevel level = idle(time);

    @Actor
    public void one(II_Result result) {
      result.r1 = level.tryTake(1, time) ? 1 : 0;
    }

    @Actor
    public void another(II_Result result) {
      result.r2 = level.tryTake(1, time) ? 1 : 0;
    }
  }

  /** A permit is taken while the rate becomes another one, in another unit. Half of the burst is left before. */
  @JCStressTest
  @Outcome(
      id = "1, 0, 0",
      expect = Expect.ACCEPTABLE,
      desc = "The last of two permits was taken before the change, so none is left after it.")
  @Outcome(
      id = "1, 0, 1999",
      expect = Expect.ACCEPTABLE,
      desc = "One of 2000 permits was taken after the change.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A level of one rate was read as one of the other.")
  @State
  public static class TakeAgainstChange {
    private final HandDrivenTime time = new HandDrivenTime();
    private final CellLevel level;

    public TakeAgainstChange() {
      CellRate rate = CellRate.of(1, SECOND, 2);
      level = new PaddedLevel(rate, rate.full(time.nanoTime()));
      level.tryTake(1, time);
    }

    @Actor
    public void take(III_Result result) {
      result.r1 = level.tryTake(1, time) ? 1 : 0;
    }

    @Actor
    public void change() {
      level.change(CellRate.of(5000, SECOND, 4000), time);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = (int) level.available(time);
    }
  }

  /** A permit is taken while what was saved before a restart is restored. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Of two permits, each took one.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "One of them did not count.")
  @State
  public static class TakeAgainstRestore {
    private final HandDrivenTime time = new HandDrivenTime();
    private final CellLevel level;

    public TakeAgainstRestore() {
      CellRate rate = CellRate.of(1, SECOND, 2);
      level = new PaddedLevel(rate, rate.full(time.nanoTime()));
    }

    @Actor
    public void take(II_Result result) {
      result.r1 = level.tryTake(1, time) ? 1 : 0;
    }

    @Actor
    public void restore() {
      level.owe(SECOND, time);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = (int) level.available(time);
    }
  }

  /** A permit is taken while the level is saved: first the word is noted, then the level is read. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "It is in this save, and again in the next.")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "It is in this save.")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "It is in the next save.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "It is in no save.")
  @State
  public static class TakeDuringSave {
    private final HandDrivenTime time = new HandDrivenTime();
    private final CellLevel level = idle(time);
    private long mark;

    @Actor
    public void take() {
      level.tryTake(1, time);
    }

    @Actor
    public void save(II_Result result) {
      mark = level.mark();
      result.r1 = level.untilFullNanos(time) > 0 ? 1 : 0;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = level.mark() != mark ? 1 : 0;
    }
  }

  /** The level is read before the word is noted: shows that the test detects a permit that is in no save. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "It is in this save, or in the next.")
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "It is in no save, which the order of KeptLimiter must prevent.")
  @State
  public static class BrokenTakeDuringSave {
    private final HandDrivenTime time = new HandDrivenTime();
    private final CellLevel level = idle(time);
    private long mark;

    @Actor
    public void take() {
      level.tryTake(1, time);
    }

    @Actor
    public void save(II_Result result) {
      result.r1 = level.untilFullNanos(time) > 0 ? 1 : 0;
      // A save reads the pause and the wall clock in between.
      for (int i = 0; i < 50; i++) {
        level.readyAt(time, 0, 0, 1);
      }
      mark = level.mark();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = level.mark() != mark ? 1 : 0;
    }
  }

  /** A read and a write in two steps: shows that the test detects a permit that is taken twice. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them has it.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Both have it, which the CAS of CellLevel must prevent.")
  @State
  public static class BrokenLastIsTakenOnce {
    private final CellRate rate = CellRate.of(1, SECOND, 1);
    private volatile long word = rate.full(1);

    private int take() {
      long next = rate.taken(word, 3600 * SECOND, 1);
      if (next == CellRate.NONE) {
        return 0;
      }
      word = next;
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

  /** The rate changes without a word in between: shows that the test detects a level that is misread. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "1, 1999", "1, 2000"},
      expect = Expect.ACCEPTABLE,
      desc = "Taken before or after the change.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "A level of one rate was read as one of the other, which the word NONE must prevent.")
  @State
  public static class BrokenTakeAgainstChange {
    private final CellRate other = CellRate.of(5000, SECOND, 4000);
    private volatile CellRate rate = CellRate.of(1, SECOND, 2);
    private volatile long word = rate.taken(rate.full(1), 1, 1);

    @Actor
    public void take(II_Result result) {
      long next = rate.taken(word, 1, 1);
      if (next != CellRate.NONE) {
        word = next;
        result.r1 = 1;
      }
    }

    @Actor
    public void change() {
      CellRate before = rate;
      rate = other;
      word = before.converted(word, 1, other);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = (int) other.available(word, 1);
    }
  }
}
