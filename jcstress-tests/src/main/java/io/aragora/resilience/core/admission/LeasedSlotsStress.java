package io.aragora.resilience.core.admission;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link LeasedSlots}. */
public class LeasedSlotsStress {
  /** A slot is spent while another caller asks for it: no caller gets it. */
  @JCStressTest
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE,
      desc = "The claim ends, and the slot stays taken.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A caller got a spent slot.")
  @State
  public static class SpentSlotStaysTaken {
    private final LeasedSlots slots = new LeasedSlots(1, 0, 1_000_000);
    private final long spent = slots.claim(1_000);

    @Actor
    public void spend(II_Result result) {
      result.r1 = slots.spend(spent, 1_000) >= 0 ? 1 : 0;
    }

    @Actor
    public void ask(II_Result result) {
      result.r2 = slots.claim(1_000) == LeasedSlots.NONE ? 0 : 1;
    }
  }

  /** A slot that is released instead: shows that the test detects a caller that gets it. */
  @JCStressTest
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE,
      desc = "The claim ends, and the caller came before that.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The caller that must not get a spent slot.")
  @State
  public static class BrokenSpentSlotStaysTaken {
    private final LeasedSlots slots = new LeasedSlots(1, 0, 1_000_000);
    private final long spent = slots.claim(1_000);

    @Actor
    public void spend(II_Result result) {
      result.r1 = slots.release(spent, 1_000) >= 0 ? 1 : 0;
    }

    @Actor
    public void ask(II_Result result) {
      result.r2 = slots.claim(1_000) == LeasedSlots.NONE ? 0 : 1;
    }
  }

  /** The release of a slot whose lease has expired races with the call that takes it over: the slot has one holder. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The old call ended in time; the new one took a free slot.")
  @Outcome(
      id = "0, 1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The new call took the slot first, so the old one is late.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The slot has no holder, or the new call lost it.")
  @State
  public static class LateReleaseFreesNoForeignSlot {
    private final LeasedSlots slots = new LeasedSlots(1, 0, 1_000_000);
    private final long old = slots.claim(1_000);
    private long taken;

    @Actor
    public void release(III_Result result) {
      result.r1 = slots.release(old, 0) >= 0 ? 1 : 0;
    }

    @Actor
    public void takeOver() {
      taken = slots.claim(5_000_000);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r2 = slots.inFlight(5_000_000);
      result.r3 = slots.release(taken, 0) >= 0 ? 1 : 0;
    }
  }

  /** Slots without a sequence: shows that the test detects a late call that frees another one's slot. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "The new call holds the slot.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The slot that a late call must not free.")
  @State
  public static class BrokenLateReleaseFreesNoForeignSlot {
    private final AtomicInteger start = new AtomicInteger(1);

    @Actor
    public void release(II_Result result) {
      result.r1 = start.getAndSet(0) != 0 ? 1 : 0;
    }

    @Actor
    public void takeOver() {
      start.set(5_000);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = start.get() != 0 ? 1 : 0;
    }
  }
}
