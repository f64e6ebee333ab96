package io.aragora.resilience.core.call;

import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Instant;
import java.util.concurrent.Executor;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link WaitingThreads}. */
public class WaitingThreadsStress {
  /** Counts the threads to wake. */
  private static final class CountingTime implements TimeSource {
    private final HandDrivenTime time = new HandDrivenTime();
    int woken;

    @Override
    public void unpark(Thread thread) {
      woken++;
    }

    @Override
    public long nanoTime() {
      return time.nanoTime();
    }

    @Override
    public Instant wallTime() {
      return time.wallTime();
    }

    @Override
    public void parkUntil(Object blocker, long deadlineNanos) {}

    @Override
    public double random(String owner, long operation, int draw) {
      return time.random(owner, operation, draw);
    }

    @Override
    public Executor executor() {
      return time.executor();
    }

    @Override
    public TimerRegistration drive(String name, TimerCallback driver) {
      return time.drive(name, driver);
    }
  }

  /** A thread begins to wait while the runtime closes: it returns at once, or is woken. */
  @JCStressTest
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE,
      desc = "Returned at once: the runtime is closed.")
  @Outcome(
      id = "0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Returned at once, and woken needlessly.")
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "It waits, and is woken.")
  @Outcome(
      id = "1, 0",
      expect = Expect.FORBIDDEN,
      desc = "It waits, and is not woken before its time.")
  @State
  public static class NoWaitOutlivesTheRuntime {
    private final CountingTime time = new CountingTime();
    private final WaitingThreads waiting = new WaitingThreads(time);
    private boolean waits;

    @Actor
    public void begin() {
      waits = waiting.enter();
    }

    @Actor
    public void close() {
      waiting.close();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = waits ? 1 : 0;
      result.r2 = time.woken;
    }
  }

  /** A thread that checks before it registers: shows that the test detects a thread that is never woken. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "0, 1", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Returned at once, or woken.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The wait that WaitingThreads must not forget.")
  @State
  public static class BrokenNoWaitOutlivesTheRuntime {
    private volatile boolean closed;
    private volatile boolean known;
    private boolean waits;
    private int woken;

    @Actor
    public void begin() {
      waits = !closed;
      known = true;
    }

    @Actor
    public void close() {
      closed = true;
      woken = known ? 1 : 0;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = waits ? 1 : 0;
      result.r2 = woken;
    }
  }
}
