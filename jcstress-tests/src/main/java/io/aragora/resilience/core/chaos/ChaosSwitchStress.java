package io.aragora.resilience.core.chaos;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.settings.ChaosSettings;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link ChaosSwitch}. */
public class ChaosSwitchStress {
  /** Referenced, so that its level stays: each start and each end of chaos is a log line. */
  private static final Logger LOG = Logger.getLogger(ChaosSwitch.class.getName());

  static {
    LOG.setLevel(Level.OFF);
  }

  private static final HandDrivenTime TIME = new HandDrivenTime();
  private static final Dispatcher DISPATCHER = new Dispatcher("stress", TIME, null);
  private static final ChaosSettings SETTINGS = new ChaosSettings(true, null, Duration.ofHours(1));

  private static ChaosSwitch active() {
    ChaosSwitch chaos =
        new ChaosSwitch(SETTINGS, TIME, new Timer("stress", TIME), DISPATCHER, List::of);
    chaos.start(Duration.ofMinutes(1));
    return chaos;
  }

  /** A call begins an injection while chaos is stopped: the thread that stopped it finds the injection in the count. */
  @JCStressTest
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE,
      desc = "Chaos was over, and nothing is injected.")
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The injection began before the end.")
  @Outcome(
      id = "1, 0",
      expect = Expect.FORBIDDEN,
      desc = "An injection began after chaos was stopped.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A count that is wrong.")
  @State
  public static class NothingBeginsAfterStop {
    private final ChaosSwitch chaos = active();
    private final LongAdder count = new LongAdder();

    @Actor
    public void call(II_Result result) {
      result.r1 = chaos.mayBeActive() && chaos.begin(count, null) ? 1 : 0;
    }

    @Actor
    public void stop(II_Result result) {
      chaos.stop();
      result.r2 = (int) count.sum();
    }
  }

  /** Look, then count: shows that the test detects an injection that begins after the end. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Chaos was over, or the injection began before.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The injection that ChaosSwitch must not begin.")
  @State
  public static class BrokenNothingBeginsAfterStop {
    private final LongAdder count = new LongAdder();
    private volatile boolean isActive = true;

    @Actor
    public void call(II_Result result) {
      if (isActive) {
        count.increment();
        result.r1 = 1;
      }
    }

    @Actor
    public void stop(II_Result result) {
      isActive = false;
      result.r2 = (int) count.sum();
    }
  }

  /** A delay that was told to end, or not. */
  private static final class Told implements Delay {
    volatile boolean ended;

    @Override
    public void end() {
      ended = true;
    }
  }

  /** A call begins to wait in a delay while chaos is stopped: it does not wait, or is told to go on. */
  @JCStressTest
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE,
      desc = "Chaos was over: the call does not wait.")
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "It waits, and is told to go on.")
  @Outcome(
      id = "1, 0",
      expect = Expect.FORBIDDEN,
      desc = "It waits, and the end of chaos does not reach it.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Told although it does not wait.")
  @State
  public static class NoDelayOutlivesChaos {
    private final ChaosSwitch chaos = active();
    private final LongAdder count = new LongAdder();
    private final Told delay = new Told();
    private boolean waits;

    @Actor
    public void call() {
      waits = chaos.mayBeActive() && chaos.begin(count, delay);
    }

    @Actor
    public void stop() {
      chaos.stop();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = waits ? 1 : 0;
      result.r2 = delay.ended ? 1 : 0;
    }
  }

  /** Look, then register: shows that the test detects a delay that is not told. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "It does not wait, or is told to go on.")
  @Outcome(
      id = "1, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The delay that ChaosSwitch must not forget.")
  @Outcome(id = "0, 1", expect = Expect.FORBIDDEN, desc = "Told although it does not wait.")
  @State
  public static class BrokenNoDelayOutlivesChaos {
    private final Told delay = new Told();
    private volatile boolean isActive = true;
    private volatile Told known;
    private boolean waits;

    @Actor
    public void call() {
      waits = isActive;
      if (waits) {
        known = delay;
      }
    }

    @Actor
    public void stop() {
      isActive = false;
      Told waiting = known;
      if (waiting != null) {
        waiting.end();
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = waits ? 1 : 0;
      result.r2 = delay.ended ? 1 : 0;
    }
  }
}
