package io.aragora.resilience.core.timer;

import io.aragora.resilience.core.time.SystemTimeSource;
import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link Timer}; one actor plays the driving thread. */
public class TimerStress {
  private static final long TICK = 1L << Timer.TICK_SHIFT;

  /** A source that never drives by itself. */
  private static final class ByHand implements TimeSource, TimeDrive {
    @Override
    public long nanoTime() {
      return 1;
    }

    @Override
    public Instant wallTime() {
      return Instant.EPOCH;
    }

    @Override
    public void parkUntil(Object blocker, long deadlineNanos) {}

    @Override
    public void unpark(Thread thread) {}

    @Override
    public double random(String owner, long operation, int draw) {
      return 0;
    }

    @Override
    public Executor executor() {
      return Runnable::run;
    }

    @Override
    public TimeDrive drive(String name, TimeDriver driver) {
      return this;
    }

    @Override
    public void wakeBy(long deadlineNanos) {}

    @Override
    public boolean isDriving() {
      return false;
    }

    @Override
    public void close() {}
  }

  private static final class Counting extends TimerOperation {
    final AtomicInteger fired = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    volatile long lastFired;
    private final boolean usedOnce;

    Counting(boolean usedOnce) {
      this.usedOnce = usedOnce;
    }

    @Override
    protected void onFire(long arming) {
      lastFired = arming;
      fired.incrementAndGet();
    }

    @Override
    protected void onTimerClosed(long arming) {
      closed.incrementAndGet();
    }

    @Override
    protected boolean isUsedOnce() {
      return usedOnce;
    }
  }

  /** Cancelling against firing: exactly one of them ends the arming. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Fired, or cancelled.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both, or neither.")
  @State
  public static class FireAgainstCancel {
    private final Timer timer = new Timer("stress", new ByHand());
    private final Counting operation = new Counting(true);

    public FireAgainstCancel() {
      timer.arm(operation, 2 * TICK);
      timer.advanceTo(TICK);
    }

    @Actor
    public void drive() {
      timer.advanceTo(3 * TICK);
    }

    @Actor
    public void cancel(II_Result result) {
      result.r2 = timer.cancel(operation) ? 1 : 0;
    }

    @Arbiter
    public void look(II_Result result) {
      timer.advanceTo(4 * TICK);
      result.r1 = operation.fired.get();
    }
  }

  /** A flag that is looked at and then set, by both sides: shows that a double end would be seen. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Fired, or cancelled.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The double end that Timer must not have.")
  @State
  public static class BrokenFireAgainstCancel {
    private volatile boolean ended;

    private int end() {
      if (ended) {
        return 0;
      }
      ended = true;
      return 1;
    }

    @Actor
    public void fire(II_Result result) {
      result.r1 = end();
    }

    @Actor
    public void cancel(II_Result result) {
      result.r2 = end();
    }
  }

  /** An operation that is cancelled and armed again while the driver meets its old entry: it fires once, for the new arming. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 2",
      expect = Expect.ACCEPTABLE,
      desc = "Cancelled in time; the second arming fires.")
  @Outcome(
      id = "2, 0, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The first fired before it was cancelled; so does the second.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A stale entry fired, or the new arming was lost.")
  @State
  public static class ArmAgainAgainstFire {
    private final Timer timer = new Timer("stress", new ByHand());
    private final Counting operation = new Counting(false);

    public ArmAgainAgainstFire() {
      timer.arm(operation, 2 * TICK);
      timer.advanceTo(TICK);
    }

    @Actor
    public void drive() {
      timer.advanceTo(3 * TICK);
    }

    @Actor
    public void armAgain(III_Result result) {
      result.r2 = timer.cancel(operation) ? 1 : 0;
      timer.arm(operation, 5 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      timer.advanceTo(4 * TICK);
      timer.advanceTo(6 * TICK);
      result.r1 = operation.fired.get();
      result.r3 = (int) operation.lastFired;
    }
  }

  /** The same towards a nearer deadline, which the old link would miss. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The second arming fires at its own deadline.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "It was missed, or the first arming fired.")
  @State
  public static class ArmNearerAgainstDrive {
    private final Timer timer = new Timer("stress", new ByHand());
    private final Counting operation = new Counting(false);

    public ArmNearerAgainstDrive() {
      timer.arm(operation, 9 * TICK);
      timer.advanceTo(TICK);
    }

    @Actor
    public void drive() {
      timer.advanceTo(2 * TICK);
    }

    @Actor
    public void armNearer(III_Result result) {
      result.r2 = timer.cancel(operation) ? 1 : 0;
      timer.arm(operation, 3 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      timer.advanceTo(4 * TICK);
      result.r1 = operation.fired.get();
      result.r3 = (int) operation.lastFired;
    }
  }

  /** An operation that was cancelled and is armed again while the driver drops its old link: the arming is not lost. */
  @JCStressTest
  @Outcome(
      id = "1, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The second arming fires, whichever was first.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The owner relied on a link that the driver dropped.")
  @State
  public static class ArmAgainAgainstDrop {
    private final Timer timer = new Timer("stress", new ByHand());
    private final Counting operation = new Counting(true);

    public ArmAgainAgainstDrop() {
      timer.arm(operation, 3 * TICK);
      timer.advanceTo(TICK);
      timer.cancel(operation);
    }

    @Actor
    public void drive() {
      timer.advanceTo(2 * TICK);
    }

    @Actor
    public void armAgain() {
      timer.arm(operation, 5 * TICK);
    }

    @Arbiter
    public void look(II_Result result) {
      timer.advanceTo(4 * TICK);
      timer.advanceTo(6 * TICK);
      result.r1 = operation.fired.get();
      result.r2 = (int) operation.lastFired;
    }
  }

  /** Arming against closing: the arming ends exactly once. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Ended by the closing, once.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "It hangs for ever, or ended twice.")
  @State
  public static class ArmAgainstClose {
    private final Timer timer = new Timer("stress", new ByHand());
    private final Counting operation = new Counting(true);

    @Actor
    public void arm() {
      timer.arm(operation, 2 * TICK);
    }

    @Actor
    public void close() {
      timer.close();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = operation.fired.get();
      result.r2 = operation.closed.get();
    }
  }

  /** The shipped thread: an operation that is due at once fires, however it races with the thread's going to sleep. */
  @JCStressTest(org.openjdk.jcstress.annotations.Mode.Termination)
  @Outcome(id = "TERMINATED", expect = Expect.ACCEPTABLE, desc = "It fired.")
  @Outcome(id = "STALE", expect = Expect.FORBIDDEN, desc = "The wake-up was lost.")
  @State
  public static class NoLostWakeUp {
    private static final Timer TIMER = new Timer("stress-timer", SystemTimeSource.INSTANCE);
    private final Counting operation = new Counting(true);

    @Actor
    public void awaitFiring() {
      while (operation.fired.get() == 0) {
        Thread.onSpinWait();
      }
    }

    @org.openjdk.jcstress.annotations.Signal
    public void arm() {
      TIMER.arm(operation, SystemTimeSource.INSTANCE.nanoTime());
    }
  }
}
