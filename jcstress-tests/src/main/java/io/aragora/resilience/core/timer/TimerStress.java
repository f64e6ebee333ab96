package io.aragora.resilience.core.timer;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.time.SystemTimeSource;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Mode;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.Signal;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link Timer}; one actor plays the driving thread. */
public class TimerStress {
  private static final OutOfMemoryError FAULT = new OutOfMemoryError("injected");

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

  /** Cancelling races with firing: exactly one of them ends the arming. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Fired, or cancelled.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both, or neither.")
  @State
  public static class FireAgainstCancel {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
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

  /** A flag that both sides read and then set: shows that the test detects a double end. */
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

  /** An operation is cancelled and armed again while the driver handles its old entry: it fires once, for the new arming. */
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
    private final Timer timer = new Timer("stress", new HandDrivenTime());
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

  /** A status without the number of its arming: shows that the test detects an old entry that ends the new arming. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "The old arming fired, or was cancelled; the new one stands.")
  @Outcome(
      id = "1, 1, 2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The early firing that Timer must not have.")
  @State
  public static class BrokenArmAgainAgainstFire {
    private static final int ARMED = 1;
    private static final int FIRED = 2;
    private static final int CANCELLED = 3;
    private final AtomicInteger status = new AtomicInteger(ARMED);
    private volatile int deadline = 2;

    @Actor
    public void drive(III_Result result) {
      if (deadline <= 3 && status.compareAndSet(ARMED, FIRED)) {
        result.r1 = 1;
      }
    }

    @Actor
    public void armAgain(III_Result result) {
      result.r2 = status.compareAndSet(ARMED, CANCELLED) ? 1 : 0;
      deadline = 5;
      status.set(ARMED);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = status.get();
    }
  }

  /** Fails once, as if the heap were full, and counts later firings. */
  private static final class FailingOnce extends TimerOperation {
    final AtomicInteger fired = new AtomicInteger();
    private final AtomicInteger faults = new AtomicInteger(1);
    volatile long lastFired;

    @Override
    protected void onFire(long arming) {
      if (faults.getAndDecrement() > 0) {
        throw FAULT;
      }
      lastFired = arming;
      fired.incrementAndGet();
    }

    @Override
    protected void onTimerClosed(long arming) {}
  }

  /** An operation is armed again while the driver sets it aside after a failed firing: it fires once, for the new arming. */
  @JCStressTest
  @Outcome(
      id = "1, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The second arming fires, whether the first was set aside or not.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The new arming was lost, or fired twice.")
  @State
  public static class ArmAgainAgainstSetAside {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
    private final FailingOnce operation = new FailingOnce();

    public ArmAgainAgainstSetAside() {
      timer.arm(operation, 2 * TICK);
      timer.advanceTo(TICK);
    }

    @Actor
    public void drive() {
      timer.advanceTo(3 * TICK);
    }

    @Actor
    public void armAgain() {
      timer.cancel(operation);
      timer.arm(operation, 5 * TICK);
    }

    @Arbiter
    public void look(II_Result result) {
      timer.advanceTo(4 * TICK);
      timer.advanceTo(6 * TICK);
      timer.advanceTo(20 * TICK);
      timer.advanceTo(40 * TICK);
      result.r1 = operation.fired.get();
      result.r2 = (int) operation.lastFired;
    }
  }

  /** A status that is restored without comparing the arming: shows that the test detects a new arming ended by it. */
  @JCStressTest
  @Outcome(
      id = {"1, 2", "0, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "The new arming stands; the old one was repeated or not.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The arming that is lost, which Timer must not have.")
  @State
  public static class BrokenArmAgainAgainstSetAside {
    private static final int OLD = 1;
    private static final int NEW = 2;
    private volatile int arming = OLD;

    @Actor
    public void drive(II_Result result) {
      if (arming == OLD) {
        arming = OLD; // set aside
        result.r1 = 1;
      }
    }

    @Actor
    public void armAgain() {
      arming = NEW;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r2 = arming;
    }
  }

  /** The same with a nearer deadline, which the old link would miss. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 2",
      expect = Expect.ACCEPTABLE,
      desc = "The second arming fires at its own deadline.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "It was missed, or the first arming fired.")
  @State
  public static class ArmNearerAgainstDrive {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
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

  /**
   * The same while the driver takes the first arming from the queue: either side finds the other's link or queue entry, so the second arming fires.
   */
  @JCStressTest
  @Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "The second arming fires.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The new arming was lost with the old link.")
  @State
  public static class ArmAgainAgainstTakeIn {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
    private final Counting operation = new Counting(false);

    public ArmAgainAgainstTakeIn() {
      timer.arm(operation, 2 * TICK);
    }

    @Actor
    public void drive() {
      timer.advanceTo(TICK);
    }

    @Actor
    public void armAgain(III_Result result) {
      result.r2 = timer.cancel(operation) ? 1 : 0;
      timer.arm(operation, 5 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      timer.advanceTo(6 * TICK);
      result.r1 = operation.fired.get();
      result.r3 = (int) operation.lastFired;
    }
  }

  /** A cancelled entry is armed again while the driver unlinks it: the new arming fires. */
  @JCStressTest
  @Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "The second arming fires.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The new arming was lost with the old link.")
  @State
  public static class ArmAgainAgainstUnlink {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
    private final Counting operation = new Counting(true);
    private final int cancelled;

    public ArmAgainAgainstUnlink() {
      timer.arm(operation, 2 * TICK);
      timer.advanceTo(TICK);
      cancelled = timer.cancel(operation) ? 1 : 0;
    }

    @Actor
    public void drive() {
      timer.advanceTo(TICK);
    }

    @Actor
    public void armAgain() {
      timer.arm(operation, 5 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      timer.advanceTo(6 * TICK);
      result.r1 = operation.fired.get();
      result.r2 = cancelled;
      result.r3 = (int) operation.lastFired;
    }
  }

  /** A link that is dropped after reading the status: shows that the test detects an arming that relied on it. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Linked or queued: it will fire.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The lost arming that Timer must not have.")
  @State
  public static class BrokenArmAgainAgainstUnlink {
    private static final int ARMED = 1;
    private static final int CANCELLED = 3;
    private static final int STATUS = 7;
    private static final int LINKED = 8;
    private static final int QUEUED = 16;
    private final AtomicInteger word = new AtomicInteger(CANCELLED | LINKED);

    @Actor
    public void drive() {
      if ((word.get() & STATUS) != ARMED) {
        word.updateAndGet(present -> present & ~LINKED);
      }
    }

    @Actor
    public void armAgain() {
      word.updateAndGet(
          present -> (present & ~STATUS) | ARMED | ((present & LINKED) == 0 ? QUEUED : 0));
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = (word.get() & (LINKED | QUEUED)) != 0 ? 1 : 0;
    }
  }

  /** Arming races with closing: the arming ends exactly once. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Ended by closing, once.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "It hangs for ever, or ended twice.")
  @State
  public static class ArmAgainstClose {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
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

  /** A producer that checks for closing before it publishes: shows that the test detects an arming without an end. */
  @JCStressTest
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE,
      desc = "Ended by closing, or by the producer that found the timer closed.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The arming that Timer must not leave behind.")
  @State
  public static class BrokenArmAgainstClose {
    private final ConcurrentLinkedQueue<Integer> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger ended = new AtomicInteger();
    private volatile boolean closed;

    @Actor
    public void arm() {
      if (closed) {
        ended.incrementAndGet();
        return;
      }
      queue.add(1);
    }

    @Actor
    public void close() {
      closed = true;
      if (queue.poll() != null) {
        ended.incrementAndGet();
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = ended.get();
    }
  }

  /** The shipped thread: an operation due at once fires, although the thread is falling asleep. */
  @JCStressTest(Mode.Termination)
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

    @Signal
    public void arm() {
      TIMER.arm(operation, SystemTimeSource.INSTANCE.nanoTime());
    }
  }

  /** The owner arms again for a far time while the first arming fires: the lateness is not that of the far time. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "The lateness of the firing, or none.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A negative lateness.")
  @State
  public static class LatenessIsThatOfTheFiring {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
    private final Counting operation = new Counting(false);

    public LatenessIsThatOfTheFiring() {
      timer.arm(operation, 2 * TICK);
      timer.advanceTo(TICK);
    }

    @Actor
    public void drive() {
      timer.advanceTo(3 * TICK);
    }

    @Actor
    public void arm() {
      timer.arm(operation, 1000 * TICK);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = timer.totals().lateness().isNegative() ? 1 : 0;
    }
  }

  /** The deadline is read after the firing was claimed: shows that the test detects the lateness of another arming. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "The lateness of the firing, or none.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The negative lateness that Timer must not count.")
  @State
  public static class BrokenLatenessIsThatOfTheFiring {
    private final AtomicInteger fired = new AtomicInteger();
    private volatile long deadline = 2;
    private volatile long lateness;

    @Actor
    public void drive() {
      if (fired.compareAndSet(0, 1)) {
        lateness = 3 - deadline;
      }
    }

    @Actor
    public void arm() {
      deadline = 1000;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = lateness < 0 ? 1 : 0;
    }
  }
}
