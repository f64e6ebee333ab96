package io.aragora.resilience.core.timeout;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.CallFrames;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link LimitTable}; one actor plays the timer's thread. */
public class LimitTableStress {
  private static LimitTable table(HandDrivenTime time, Timer timer) {
    return new LimitTable(time, timer, new Dispatcher("stress", time, null));
  }

  /** Arms a timeout of this thread, as a call does, and leaves it armed. */
  private static LimitSlot claim(LimitTable table, HandDrivenTime time, long deadline) {
    CallFrames frames = CallFrames.ofThread();
    Frame frame = Frame.push(frames, time, 1);
    LimitSlot slot = table.claim(deadline, frame);
    frame.pop(frames);
    return slot;
  }

  /** Clears an interrupt of the library, so that the harness does not receive it. */
  private static void end(LimitSlot slot, HandDrivenTime time) {
    CallFrames frames = CallFrames.ofThread();
    Frame frame = Frame.push(frames, time, 1);
    slot.settle(false, frame);
    frame.pop(frames);
  }

  /** A call begins while the patrol looks and finds no more calls: its deadline is still noticed. Interrupts are not sent. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The call was ended at its deadline.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The call is not watched.")
  @State
  public static class NoCallGoesUnwatched {
    private final HandDrivenTime time = new HandDrivenTime(task -> {});
    private final Timer timer = new Timer("stress", time);
    private final LimitTable table = table(time, timer);
    private final LimitSlot first = claim(table, time, 2 * TICK);
    private LimitSlot second;

    @Actor
    public void call() {
      second = claim(table, time, 10 * TICK);
    }

    @Actor
    public void patrol() {
      time.set(4 * TICK);
      timer.advanceTo(4 * TICK);
    }

    @Arbiter
    public void look(I_Result result) {
      time.set(20 * TICK);
      timer.advanceTo(20 * TICK);
      timer.advanceTo(20 * TICK);
      result.r1 = first.hasFired() && second.hasFired() ? 1 : 0;
    }
  }

  /** A patrol that ends before it sets the mark: shows that the test detects an unwatched call. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "1, 1", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of the two sees the other.")
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that LimitTable must not miss: the patrol read once only.")
  @State
  public static class BrokenNoCallGoesUnwatched {
    private volatile boolean claimed;
    private volatile boolean looking = true;

    @Actor
    public void call(II_Result result) {
      claimed = true;
      result.r1 = looking ? 0 : 1;
    }

    @Actor
    public void patrol(II_Result result) {
      result.r2 = claimed ? 1 : 0;
      looking = false;
    }
  }

  /** Two calls begin at once in an empty table, which grows meanwhile: each has its own slot. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 2",
      expect = Expect.ACCEPTABLE,
      desc = "Both ended in time and were counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "They shared a slot, or one was not counted.")
  @State
  public static class EachHasItsOwn {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final LimitTable table = table(time, timer);

    private int call(long deadline) {
      return table.endInTime(claim(table, time, deadline), deadline) ? 1 : 0;
    }

    @Actor
    public void one(III_Result result) {
      result.r1 = call(10 * TICK);
    }

    @Actor
    public void another(III_Result result) {
      result.r2 = call(10 * TICK + 1);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = (int) table.inTime();
    }
  }

  /** A call begins while the timer closes: it is rejected, or closing ends it. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Rejected.")
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Ended by closing.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The call continues without a timeout.")
  @State
  public static class ClaimAgainstClose {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final LimitTable table = table(time, timer);
    private volatile boolean closed;

    /** Ends its call itself, after closing, because closing interrupts this thread. */
    @Actor
    public void call(I_Result result) {
      LimitSlot slot = claim(table, time, 10 * TICK);
      while (!closed) {
        Thread.onSpinWait();
      }
      if (slot != null) {
        result.r1 = slot.isClosed() ? 1 : 2;
        end(slot, time);
      }
    }

    @Actor
    public void close() {
      timer.close();
      closed = true;
    }
  }
}
