package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.time.HandDrivenTime;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** The claims of {@link ExactRing}: no period has more admissions than the limit, and none fewer than are possible. */
public class ExactRingStress {
  private static final long SECOND = 1_000_000_000;

  /** Three calls of two threads, and a ring with two slots, both of which are free. */
  @JCStressTest
  @Outcome(
      id = {"1, 1, 0", "2, 0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Two calls are admitted, and no slot is left.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Three calls are admitted, or one.")
  @State
  public static class SlotAgainstTicket {
    private final HandDrivenTime time = new HandDrivenTime();
    private final ExactRing ring = new ExactRing(2, SECOND, true, 1);

    @Actor
    public void two(III_Result result) {
      result.r1 = (ring.tryTake(1, time) ? 1 : 0) + (ring.tryTake(1, time) ? 1 : 0);
    }

    @Actor
    public void one(III_Result result) {
      result.r2 = ring.tryTake(1, time) ? 1 : 0;
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = (int) ring.available(time);
    }
  }

  /** A call is admitted while the limit grows from one, which was free, to two. */
  @JCStressTest
  @Outcome(
      id = "1, 0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "One call was admitted before or after the change, and one more is possible.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The admission is lost, or counted twice.")
  @State
  public static class TakeAgainstChange {
    private final HandDrivenTime time = new HandDrivenTime();
    private final ExactRing ring = new ExactRing(1, SECOND, true, 1);

    @Actor
    public void take(III_Result result) {
      result.r1 = ring.tryTake(1, time) ? 1 : 0;
    }

    @Actor
    public void change() {
      ring.change(2, SECOND, time);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = (int) ring.available(time);
    }
  }

  /** Without the lap, a thread reads the ticket late: shows that the test detects an admission that is judged by another. */
  @JCStressTest
  @Outcome(
      id = {"1, 1, 0", "2, 0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Two calls are admitted.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Fewer or more calls are admitted, which the lap of ExactRing must prevent.")
  @State
  public static class BrokenSlotAgainstTicket {
    private final AtomicLong ticket = new AtomicLong();
    private final AtomicLongArray slots = new AtomicLongArray(2);

    private int take() {
      long next = ticket.get();
      int slot = (int) (next % 2);
      if (slots.get(slot) != 0) {
        return 0; // the admission of another thread, whose ticket has not moved yet
      }
      slots.set(slot, 1);
      ticket.set(next + 1);
      return 1;
    }

    @Actor
    public void two(III_Result result) {
      result.r1 = take() + take();
    }

    @Actor
    public void one(III_Result result) {
      result.r2 = take();
    }
  }

  /** The limit changes without freezing: shows that the test detects an admission that is lost. */
  @JCStressTest
  @Outcome(
      id = "1, 0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "One call was admitted, and one more is possible.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc =
          "The admission is not in the new ring, which the frozen slot of ExactRing must prevent.")
  @State
  public static class BrokenTakeAgainstChange {
    private volatile AtomicLongArray slots = new AtomicLongArray(1);

    @Actor
    public void take(III_Result result) {
      AtomicLongArray present = slots;
      result.r1 = present.compareAndSet(0, 0, 1) ? 1 : 0;
    }

    @Actor
    public void change() {
      AtomicLongArray larger = new AtomicLongArray(2);
      larger.set(0, slots.get(0));
      slots = larger;
    }

    @Arbiter
    public void look(III_Result result) {
      AtomicLongArray present = slots;
      for (int i = 0; i < present.length(); i++) {
        result.r3 += present.get(i) == 0 ? 1 : 0;
      }
    }
  }
}
