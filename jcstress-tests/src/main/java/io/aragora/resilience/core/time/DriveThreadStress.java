package io.aragora.resilience.core.time;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The hand-shake of {@link DriveThread}: one actor runs its loop until it would park, the other hands over. */
public class DriveThreadStress {
  /** Thrown where the thread would park, so that the actor returns and leaves the state of that moment. */
  private static final class Asleep extends Error {
    private static final long serialVersionUID = 1L;
    static final Asleep INSTANCE = new Asleep();

    private Asleep() {
      super("asleep", null, false, false);
    }
  }

  /** A driver with room for one hand-over, and a source that records wake-ups. */
  private static final class Parts implements TimerCallback, TimeSource {
    final AtomicInteger handOver = new AtomicInteger();
    volatile int taken;
    volatile int woken;

    @Override
    public long advanceTo(long nowNanos) {
      if (hasHandOver()) {
        handOver.setPlain(0);
        taken = 1;
      }
      return NEVER;
    }

    @Override
    public boolean hasHandOver() {
      return handOver.getAcquire() != 0;
    }

    @Override
    public long nanoTime() {
      return 1;
    }

    @Override
    public Instant wallTime() {
      return Instant.EPOCH;
    }

    @Override
    public void parkUntil(Object blocker, long deadlineNanos) {
      throw Asleep.INSTANCE;
    }

    @Override
    public void unpark(Thread thread) {
      woken = 1;
    }

    @Override
    public double random(String owner, long operation, int draw) {
      return 0;
    }

    @Override
    public Executor executor() {
      return Runnable::run;
    }

    @Override
    public TimerRegistration drive(String name, TimerCallback driver) {
      throw new UnsupportedOperationException();
    }
  }

  private static final VarHandle THREAD = threadOfDrive();

  private static VarHandle threadOfDrive() {
    try {
      return MethodHandles.privateLookupIn(DriveThread.class, MethodHandles.lookup())
          .findVarHandle(DriveThread.class, "thread", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** A hand-over races with falling asleep: the thread takes it before it sleeps, or is woken. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Taken; the thread was seen awake.")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Asleep, and woken.")
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Taken, and woken needlessly.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Asleep although work was handed over.")
  @State
  public static class NoSleepOverHandOver {
    private final Parts parts = new Parts();
    private final DriveThread drive = new DriveThread("stress", parts, parts);

    public NoSleepOverHandOver() {
      // Awake and running, as after the first hand-over, but without a thread.
      THREAD.set(drive, Thread.currentThread());
      drive.wakeBy(0);
      parts.woken = 0;
    }

    @Actor
    public void runUntilAsleep() {
      try {
        while (true) {
          drive.turn();
        }
      } catch (Asleep e) {
        // Its next step is to sleep.
      }
    }

    @Actor
    public void handOver() {
      // The weakest store by which a queue may publish.
      parts.handOver.setRelease(1);
      drive.wakeBy(1);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = parts.taken;
      result.r2 = parts.woken;
    }
  }

  /** The same with release and acquire and no fence: shows that the test detects a lost wake-up. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Taken, or woken.")
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The lost wake-up that DriveThread must not have.")
  @State
  public static class BrokenNoSleepOverHandOver {
    private final AtomicInteger handOver = new AtomicInteger();
    private final AtomicInteger asleep = new AtomicInteger();

    @Actor
    public void fallAsleep(II_Result result) {
      asleep.setRelease(1);
      result.r1 = handOver.getAcquire();
    }

    @Actor
    public void handOver(II_Result result) {
      handOver.setRelease(1);
      result.r2 = asleep.getAcquire();
    }
  }
}
