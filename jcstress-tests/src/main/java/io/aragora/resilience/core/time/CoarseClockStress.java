package io.aragora.resilience.core.time;

import io.aragora.resilience.core.timer.Timer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link CoarseClock}. */
public class CoarseClockStress {
  private static final long CLOCK_TICK = 10L << 20;

  /** The clock falls asleep while callers read it: afterwards it is asleep, or driven. */
  @JCStressTest
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE,
      desc = "Asleep and precise, or awake and advanced.")
  @Outcome(id = "0", expect = Expect.FORBIDDEN, desc = "Awake, but not advanced.")
  @State
  public static class NeverStuck {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final CoarseClock clock = new CoarseClock(time, timer);
    private final long lastTick;

    public NeverStuck() {
      clock.read();
      clock.read();
      // All but the last of the idle ticks after which it falls asleep.
      long at = 1;
      for (int i = 0; i < 96; i++) {
        at += CLOCK_TICK + HandDrivenTime.TICK;
        time.set(at);
        timer.advanceTo(at);
      }
      lastTick = at + CLOCK_TICK + HandDrivenTime.TICK;
      time.set(lastTick);
    }

    @Actor
    public void fallAsleep() {
      timer.advanceTo(lastTick);
    }

    @Actor
    public void call() {
      clock.read();
      clock.read();
      clock.read();
    }

    @Arbiter
    public void look(I_Result result) {
      long later = lastTick + 2 * CLOCK_TICK;
      time.set(later);
      timer.advanceTo(later);
      result.r1 = clock.read() == later ? 1 : 0;
    }
  }

  /** A clock that is woken by a flag beside the time: shows that the test detects one that is stuck. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Asleep, or driven.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "A clock that is awake but not driven.")
  @State
  public static class BrokenNeverStuck {
    private volatile int asleep;
    private volatile int armed = 1;

    @Actor
    public void fallAsleep() {
      asleep = 1;
      armed = 0;
    }

    @Actor
    public void call() {
      if (asleep == 1) {
        asleep = 0;
        armed = 1;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = asleep == 1 || armed == 1 ? 1 : 0;
    }
  }
}
