package io.aragora.resilience.core.hedge;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.hedge.HedgeConfig;
import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link ThreadHedge}, which a thread uses for one call after the other. */
public class ThreadHedgeStress {
  /** The delay passes while a call ends and the next one begins: each call has its own result, and no interrupt is left. */
  @JCStressTest
  @Outcome(id = "1, 2, 0", expect = Expect.ACCEPTABLE, desc = "Each has its own.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "The result of another call, or an interrupt that outlived its call.")
  @State
  public static class RaceBelongsToItsCall {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final CoreHedge hedge = new CoreHedge(
        "stress",
        HedgeConfig.forIdempotentCalls().delay(Duration.ofNanos(TICK)).build(),
        time,
        timer,
        new Dispatcher("stress", time, null));
    private Thread caller;

    @Actor
    public void call(III_Result result) {
      caller = Thread.currentThread();
      result.r1 = hedge.<Integer, RuntimeException>call(() -> 1);
      result.r2 = hedge.<Integer, RuntimeException>call(() -> 2);
      result.r3 = Thread.interrupted() ? 1 : 0;
    }

    @Actor
    public void delay() {
      time.set(3 * TICK);
      timer.advanceTo(3 * TICK);
      timer.advanceTo(6 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      if (caller.isInterrupted()) {
        result.r3 = 1;
      }
    }
  }

  /** The timer reads the body after the caller has gone on, without a CAS: shows that the test detects a body of another call. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1", "2, 2"},
      expect = Expect.ACCEPTABLE,
      desc = "The body of the call whose delay passed, or none.")
  @Outcome(
      id = {"1, 2", "0, 1", "0, 2", "1, 0", "2, 0"},
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The body of another call, which ThreadHedge must not start.")
  @State
  public static class BrokenRaceBelongsToItsCall {
    private volatile int call;
    private volatile int body;

    @Actor
    public void call() {
      body = 1;
      call = 1;
      call = 0;
      body = 2;
      call = 2;
      call = 0;
      body = 0;
    }

    @Actor
    public void delay(II_Result result) {
      result.r1 = call;
      result.r2 = body;
    }
  }
}
