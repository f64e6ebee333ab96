package io.aragora.resilience.core.timer;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.time.HandDrivenTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link PooledOperation} and its pool; one actor plays the driving thread. */
public class PooledOperationStress {
  private static final int LINE = 0;

  private static final class Call implements PooledOperation.Owner {
    final AtomicInteger fired = new AtomicInteger();

    @Override
    public void onFire() {
      fired.incrementAndGet();
    }

    @Override
    public void onTimerClosed() {
      throw new IllegalStateException("the timer is not closed");
    }
  }

  /** A call gives its operation back while it fires, and the next call arms it at once: each firing reaches the call that it is for. */
  @JCStressTest
  @Outcome(
      id = "1, 0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Given back in time; the second call's arming fires.")
  @Outcome(
      id = "0, 1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The first call's arming fired, and so does the second call's.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A firing was lost, or reached the other call.")
  @State
  public static class FiringReachesItsOwner {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
    private final Call first = new Call();
    private final Call second = new Call();
    private final PooledOperation operation = timer.pool().take(first, LINE);
    private final long arming = timer.arm(operation, 2 * TICK);

    public FiringReachesItsOwner() {
      timer.advanceTo(TICK);
    }

    @Actor
    public void drive() {
      timer.advanceTo(3 * TICK);
    }

    @Actor
    public void next(III_Result result) {
      result.r1 = timer.pool().giveBack(operation, arming) ? 1 : 0;
      timer.arm(timer.pool().take(second, LINE), 2 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      timer.advanceTo(4 * TICK);
      result.r2 = first.fired.get();
      result.r3 = second.fired.get();
    }
  }

  /** A firing that reads who is armed, and ends the arming by a store: shows that the test detects a firing for the wrong call. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Each firing reached its call.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The lost or misled firing that PooledOperation must not have.")
  @State
  public static class BrokenFiringReachesItsOwner {
    private final Call first = new Call();
    private final Call second = new Call();
    private volatile Call armed = first;

    private void fire() {
      Call due = armed;
      if (due != null) {
        due.onFire();
        armed = null;
      }
    }

    @Actor
    public void drive() {
      fire();
    }

    @Actor
    public void next(III_Result result) {
      if (armed != null) {
        armed = null;
        result.r1 = 1;
      }
      armed = second;
    }

    @Arbiter
    public void look(III_Result result) {
      fire();
      result.r2 = first.fired.get();
      result.r3 = second.fired.get();
    }
  }

  /** Two threads end one call, and the next call arms the operation meanwhile: it is given back once, and stays armed. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = Expect.ACCEPTABLE, desc = "Given back by the one thread.")
  @Outcome(
      id = "0, 1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Given back by the other, and armed for the next call.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Given back twice, or the next call's arming is lost.")
  @State
  public static class GivenBackOnce {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
    private final Call second = new Call();
    private final PooledOperation operation = timer.pool().take(new Call(), LINE);
    private final long arming = timer.arm(operation, 2 * TICK);

    public GivenBackOnce() {
      timer.advanceTo(TICK);
    }

    @Actor
    public void end(III_Result result) {
      result.r1 = timer.pool().giveBack(operation, arming) ? 1 : 0;
    }

    @Actor
    public void endAndBegin(III_Result result) {
      if (timer.pool().giveBack(operation, arming)) {
        result.r2 = 1;
        timer.arm(timer.pool().take(second, LINE), 2 * TICK);
      }
    }

    @Arbiter
    public void look(III_Result result) {
      timer.advanceTo(4 * TICK);
      result.r3 = second.fired.get();
    }
  }

  /** A state without the number of the arming: shows that the test detects a stale thread that ends the next call's arming. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 0", "0, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Given back once.")
  @Outcome(
      id = "1, 1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The arming of the next call is lost, which giveBack must not do.")
  @State
  public static class BrokenGivenBackOnce {
    private final AtomicInteger armed = new AtomicInteger(1);

    @Actor
    public void end(III_Result result) {
      result.r1 = armed.compareAndSet(1, 0) ? 1 : 0;
    }

    @Actor
    public void endAndBegin(III_Result result) {
      if (armed.compareAndSet(1, 0)) {
        result.r2 = 1;
        armed.set(1);
      }
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = result.r2 == 1 ? armed.get() : 0;
    }
  }

  /** Two threads take from one line: one has the operation. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One has it.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both have it, or none.")
  @State
  public static class TakenByOneThread {
    private final Timer timer = new Timer("stress", new HandDrivenTime());
    private final PooledOperation operation = timer.pool().take(new Call(), LINE);

    public TakenByOneThread() {
      timer.pool().giveBack(operation, timer.arm(operation, 2 * TICK));
    }

    @Actor
    public void one(II_Result result) {
      result.r1 = timer.pool().take(new Call(), LINE) == operation ? 1 : 0;
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = timer.pool().take(new Call(), LINE) == operation ? 1 : 0;
    }
  }

  /** An entry that is read and then cleared: shows that the test detects two owners. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One has it.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The two owners that the pool must not allow.")
  @State
  public static class BrokenTakenByOneThread {
    private volatile PooledOperation entry = new PooledOperation(LINE);

    private int take() {
      if (entry == null) {
        return 0;
      }
      entry = null;
      return 1;
    }

    @Actor
    public void one(II_Result result) {
      result.r1 = take();
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = take();
    }
  }
}
