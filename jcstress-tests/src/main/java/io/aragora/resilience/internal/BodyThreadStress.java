package io.aragora.resilience.internal;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link BodyThread}: one actor runs the body, the other one ends its call and interrupts it. */
public class BodyThreadStress {
  /** A body ends while it is interrupted: afterwards no interrupt is pending, and none arrives. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "No interrupt is left.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "An interrupt outlived its body.")
  @State
  public static class NoInterruptAfterLeave {
    private final BodyThread body = new BodyThread();
    private Thread runner;

    @Actor
    public void run(I_Result result) {
      runner = Thread.currentThread();
      body.enter();
      body.leave();
      result.r1 = Thread.interrupted() ? 1 : 0;
    }

    @Actor
    public void interrupt() {
      body.interrupt();
    }

    @Arbiter
    public void look(I_Result result) {
      if (runner.isInterrupted()) {
        result.r1 = 1;
      }
    }
  }

  /** A thread that is interrupted by a reference alone: shows that the test detects an interrupt that comes too late. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "No interrupt is left.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The interrupt that must not outlive its body.")
  @State
  public static class BrokenNoInterruptAfterLeave {
    private volatile Thread inside;
    private Thread runner;

    @Actor
    public void run(I_Result result) {
      runner = Thread.currentThread();
      inside = runner;
      inside = null;
      result.r1 = Thread.interrupted() ? 1 : 0;
    }

    @Actor
    public void interrupt() {
      Thread thread = inside;
      if (thread != null) {
        thread.interrupt();
      }
    }

    @Arbiter
    public void look(I_Result result) {
      if (runner.isInterrupted()) {
        Thread.interrupted();
        result.r1 = 1;
      }
    }
  }

  /** A body begins while its call ends: it does not begin, or it is interrupted. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The body was stopped.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The body runs on after its call.")
  @State
  public static class EndedOrInterrupted {
    private final BodyThread body = new BodyThread();
    private volatile boolean ended;
    private volatile boolean interrupted;
    private boolean began;

    @Actor
    public void run() {
      body.enter();
      began = !ended;
    }

    @Actor
    public void end() {
      ended = true;
      interrupted = body.isInside();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = !began || interrupted ? 1 : 0;
    }
  }

  /** Plain fields in their place: shows that the test detects a body that runs on. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The body was stopped.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The body that must not run on after its call.")
  @State
  public static class BrokenEndedOrInterrupted {
    private Thread inside;
    private boolean ended;
    private boolean interrupted;
    private boolean began;

    @Actor
    public void run() {
      inside = Thread.currentThread();
      began = !ended;
    }

    @Actor
    public void end() {
      ended = true;
      interrupted = inside != null;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = !began || interrupted ? 1 : 0;
    }
  }
}
