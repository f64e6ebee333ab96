package io.aragora.resilience.core.timeout;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.CallFrames;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * The claims of {@link LimitSlot}, and of its {@link LimitTable}: one actor is the caller, the other the timer's
 * thread and the interrupter.
 */
public class LimitSlotStress {
  /** A call ends while its timeout fires: afterwards no interrupt of the timeout is pending, and none arrives. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "In time.")
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Too late, and no interrupt is left.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "An interrupt outlived its call.")
  @State
  public static class NoInterruptAfterSettle {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final LimitTable table =
        new LimitTable(time, timer, new Dispatcher("stress", time, null));
    private Thread caller;

    @Actor
    public void call(II_Result result) {
      caller = Thread.currentThread();
      CallFrames frames = CallFrames.ofThread();
      Frame frame = Frame.push(frames, time, 1);
      LimitSlot limit = table.claim(2 * TICK, frame);
      boolean inTime = table.endInTime(limit, 2 * TICK);
      if (!inTime) {
        limit.settle(false, frame);
      }
      frame.pop(frames);
      result.r1 = inTime ? 1 : 0;
      result.r2 = Thread.interrupted() ? 1 : 0;
    }

    @Actor
    public void expire() {
      time.set(3 * TICK);
      timer.advanceTo(3 * TICK);
      timer.advanceTo(3 * TICK);
      timer.advanceTo(3 * TICK);
    }

    @Arbiter
    public void look(II_Result result) {
      if (caller.isInterrupted()) {
        result.r2 = 1;
      }
    }
  }

  /** An interrupter that sets its flag before it has sent: shows that the test detects a late interrupt. The flag is a field here. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "No interrupt is left.")
  @Outcome(
      id = "0, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The late interrupt that LimitSlot must not send.")
  @State
  public static class BrokenNoInterruptAfterSettle {
    private final AtomicInteger end = new AtomicInteger();
    private volatile int interrupted;

    @Actor
    public void call(II_Result result) {
      boolean inTime = end.compareAndSet(0, 1);
      if (!inTime) {
        interrupted = 0;
      }
      result.r1 = inTime ? 1 : 0;
    }

    @Actor
    public void expire() {
      if (end.compareAndSet(0, 2)) {
        interrupted = 1;
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = interrupted;
    }
  }

  /**
   * Two successive calls under the same timeout while the deadline of the first passes: the second, whose deadline is
   * far, is neither ended nor interrupted.
   */
  @JCStressTest
  @Outcome(
      id = {"1, 1, 0", "0, 1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "The second call is left alone.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The first call's expiry reached the second one.")
  @State
  public static class ExpiryStaysWithItsCall {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final LimitTable table =
        new LimitTable(time, timer, new Dispatcher("stress", time, null));
    private Thread caller;

    @Actor
    public void callTwice(III_Result result) {
      caller = Thread.currentThread();
      CallFrames frames = CallFrames.ofThread();
      Frame frame = Frame.push(frames, time, 1);
      result.r1 = call(frame, 2 * TICK);
      result.r2 = call(frame, 100 * TICK);
      frame.pop(frames);
      result.r3 = Thread.interrupted() ? 1 : 0;
    }

    private int call(Frame frame, long deadline) {
      LimitSlot limit = table.claim(deadline, frame);
      frame.setExpiry(limit, deadline);
      if (table.endInTime(limit, deadline)) {
        return 1;
      }
      limit.settle(false, frame);
      return 0;
    }

    @Actor
    public void expire() {
      time.set(3 * TICK);
      timer.advanceTo(3 * TICK);
      timer.advanceTo(3 * TICK);
      timer.advanceTo(3 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      if (caller.isInterrupted()) {
        result.r3 = 1;
      }
    }
  }

  /** A mark that does not carry its arming: shows that the test detects an expiry that hits the next call. */
  @JCStressTest
  @Outcome(
      id = {"1, 1", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "The second call is left alone.")
  @Outcome(
      id = {"1, 0", "0, 0"},
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The stale expiry that LimitSlot must not have.")
  @State
  public static class BrokenExpiryStaysWithItsCall {
    private static final int ENDED = 0;
    private static final int ARMED = 1;
    private static final int DUE = 2;
    private final AtomicInteger first = new AtomicInteger(ARMED);
    private final AtomicInteger signal = new AtomicInteger(ARMED);

    @Actor
    public void callTwice(II_Result result) {
      result.r1 = first.getAndSet(ENDED) == ARMED && signal.get() == ARMED ? 1 : 0;
      signal.set(ARMED);
      result.r2 = signal.getAndSet(ENDED) == ARMED ? 1 : 0;
    }

    @Actor
    public void expire() {
      if (first.get() == ARMED) {
        signal.set(DUE);
      }
    }
  }

  /** An inner and an outer timeout fire one after the other while the inner call ends: the outer interrupt is pending afterwards. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Interrupted by the outer limit.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The outer interrupt was lost with the inner one.")
  @State
  public static class OuterInterruptIsNotLost {
    private final HandDrivenTime time = new HandDrivenTime();
    private final LimitTable table =
        new LimitTable(time, new Timer("stress", time), new Dispatcher("stress", time, null));
    private final LimitSlot outer = new LimitSlot(table, null);
    private final LimitSlot inner = new LimitSlot(table, null);
    private volatile boolean begun;
    private volatile boolean expired;

    @Actor
    public void call(I_Result result) {
      CallFrames frames = CallFrames.ofThread();
      Frame outerFrame = Frame.push(frames, time, 1);
      outer.tryClaim(3 * TICK);
      outerFrame.setExpiry(outer, 3 * TICK);
      Frame innerFrame = Frame.push(frames, time, 1);
      inner.tryClaim(2 * TICK);
      innerFrame.setExpiry(inner, 2 * TICK);
      begun = true;
      boolean leftByInterrupt = Thread.interrupted();
      if (!inner.endInTime(2 * TICK)) {
        inner.settle(leftByInterrupt, innerFrame);
      }
      innerFrame.pop(frames);
      while (!expired) {
        Thread.onSpinWait();
      }
      result.r1 = Thread.currentThread().isInterrupted() ? 1 : 0;
      outer.settle(false, outerFrame);
      outerFrame.pop(frames);
      Thread.interrupted();
    }

    @Actor
    public void expire() {
      while (!begun) {
        Thread.onSpinWait();
      }
      inner.expire(2 * TICK);
      inner.run();
      outer.expire(3 * TICK);
      outer.run();
      expired = true;
    }
  }

  /** An outer timeout that mistakes the inner one's flag for a foreign interrupt: shows that the test detects the loss. Flags are fields here. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Interrupted by the outer limit.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The lost interrupt that LimitSlot must not have.")
  @State
  public static class BrokenOuterInterruptIsNotLost {
    private final AtomicBoolean interrupted = new AtomicBoolean();

    @Actor
    public void call() {
      interrupted.set(false);
    }

    @Actor
    public void expire() {
      interrupted.set(true);
      if (!interrupted.get()) {
        interrupted.set(true);
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = interrupted.get() ? 1 : 0;
    }
  }
}
