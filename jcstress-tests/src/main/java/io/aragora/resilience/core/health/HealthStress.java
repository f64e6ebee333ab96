package io.aragora.resilience.core.health;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.health.HealthTransition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link CoreHealthTracker}, {@link StatusTrail} and {@link RegisteredCheck}. */
public class HealthStress {
  private static EventChannel<HealthTransition> channel(HandDrivenTime time) {
    return new EventChannel<>("stress", new Dispatcher("stress", time, null));
  }

  private static CoreHealthTracker tracker(
      HandDrivenTime time, EventChannel<HealthTransition> events, int threshold) {
    return new CoreHealthTracker(
        "stress",
        HealthTrackerConfig.builder()
            .failureThreshold(threshold)
            .recoveryThreshold(threshold)
            .build(),
        time,
        events);
  }

  /** Two failures at once, which together reach the threshold: both count, and the change is one event. */
  @JCStressTest
  @Outcome(
      id = "2, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Both count, and the change is one event.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A report is lost, or the change is not one event.")
  @State
  public static class ChangeIsHeardOnce {
    private final HandDrivenTime time = new HandDrivenTime();
    private final EventChannel<HealthTransition> events = channel(time);
    private final CoreHealthTracker tracker = tracker(time, events, 2);
    private final AtomicInteger heard = new AtomicInteger();

    public ChangeIsHeardOnce() {
      events.subscribe(transition -> heard.incrementAndGet());
    }

    @Actor
    public void one() {
      tracker.recordFailure("one");
    }

    @Actor
    public void another() {
      tracker.recordFailure("another");
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = (int) tracker.snapshot().consecutiveFailures();
      result.r2 = heard.get();
    }
  }

  /** The same without a lock: shows that the test detects a lost report. */
  @JCStressTest
  @Outcome(
      id = "2, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Both count, and the change is one event.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "A report is lost, or the change is not one event, which the lock must prevent.")
  @State
  public static class BrokenChangeIsHeardOnce {
    private final AtomicInteger heard = new AtomicInteger();
    private int failures;

    private void fail() {
      failures++;
      if (failures >= 2) {
        heard.incrementAndGet();
      }
    }

    @Actor
    public void one() {
      fail();
    }

    @Actor
    public void another() {
      fail();
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = failures;
      result.r2 = heard.get();
    }
  }

  /** Changes by two threads: delivered in their order, each from the status that the one before led to. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "All are delivered, in order.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "One is missing, or overtook another.")
  @State
  public static class ChangesAreHeardInOrder {
    private final HandDrivenTime time = new HandDrivenTime();
    private final EventChannel<HealthTransition> events = channel(time);
    private final CoreHealthTracker tracker = tracker(time, events, 1);

    /** Called by one thread at a time. */
    private final List<HealthTransition> heard = new ArrayList<>();

    public ChangesAreHeardInOrder() {
      events.subscribe(heard::add);
    }

    @Actor
    public void one() {
      tracker.recordFailure(null);
      tracker.recordSuccess();
    }

    @Actor
    public void another() {
      tracker.recordFailure(null);
      tracker.recordSuccess();
    }

    @Arbiter
    public void compare(I_Result result) {
      result.r1 = 1;
      HealthStatus present = HealthStatus.UNKNOWN;
      long sequence = 0;
      for (HealthTransition transition : heard) {
        if (transition.sequence() != ++sequence || transition.from() != present) {
          result.r1 = 0;
        }
        present = transition.to();
      }
      if (present != tracker.snapshot().status()) {
        result.r1 = 0;
      }
    }
  }

  /** Events that are published after their number was taken: shows that the test detects one that overtakes. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Both are delivered, in order.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second overtook the first, which queueing under the lock must prevent.")
  @State
  public static class BrokenChangesAreHeardInOrder {
    private final EventChannel<Long> events =
        new EventChannel<>("stress", new Dispatcher("stress", new HandDrivenTime(), null));
    private final AtomicLong sequence = new AtomicLong();
    private final List<Long> heard = new ArrayList<>();

    public BrokenChangesAreHeardInOrder() {
      events.subscribe(heard::add);
    }

    @Actor
    public void one() {
      events.publish(sequence.incrementAndGet());
    }

    @Actor
    public void another() {
      events.publish(sequence.incrementAndGet());
    }

    @Arbiter
    public void compare(I_Result result) {
      result.r1 = heard.equals(List.of(1L, 2L)) ? 1 : 0;
    }
  }

  private static RegisteredCheck check(
      HandDrivenTime time, Timer timer, AtomicInteger runs, Duration timeToLive) {
    return new RegisteredCheck(
        "stress",
        () -> {
          runs.incrementAndGet();
          return HealthResult.healthy();
        },
        HealthCheckOptions.defaults()
            .withTimeout(Duration.ofNanos(2 * TICK))
            .withTimeToLive(timeToLive),
        time,
        timer,
        new Dispatcher("stress", time, null),
        channel(time));
  }

  /** Two callers at once: there is one run, and both have its result. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One run for both.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Two runs, or two results.")
  @State
  public static class RunIsShared {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final AtomicInteger runs = new AtomicInteger();
    private final RegisteredCheck check = check(time, timer, runs, Duration.ofSeconds(1));
    private HealthResult first = HealthResult.healthy();
    private HealthResult second = HealthResult.healthy();

    @Actor
    public void one() {
      first = check.look().join();
    }

    @Actor
    public void another() {
      second = check.look().join();
    }

    @Arbiter
    public void compare(II_Result result) {
      result.r1 = runs.get();
      result.r2 = first == second ? 1 : 0;
    }
  }

  /** Reads the last result and then runs, in two steps: shows that the test detects a second run. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "One run for both.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Two runs, which the lock must prevent.")
  @State
  public static class BrokenRunIsShared {
    private final AtomicInteger runs = new AtomicInteger();
    private volatile boolean known;

    private void look() {
      if (!known) {
        runs.incrementAndGet();
        known = true;
      }
    }

    @Actor
    public void one() {
      look();
    }

    @Actor
    public void another() {
      look();
    }

    @Arbiter
    public void count(I_Result result) {
      result.r1 = runs.get();
    }
  }

  /** The timeout races with the return of a check: in either order, the check can run again afterwards. */
  @JCStressTest
  @Outcome(
      id = {"2, 0", "2, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Answered or timed out, and then run again.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The check still counts as running.")
  @State
  public static class LeftCheckRunsAgain {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final AtomicInteger runs = new AtomicInteger();
    private final RegisteredCheck check = check(time, timer, runs, Duration.ZERO);
    private HealthResult first = HealthResult.healthy();

    @Actor
    public void ask() {
      first = check.look().join();
    }

    @Actor
    public void expire() {
      time.set(20 * TICK);
      timer.advanceTo(20 * TICK);
    }

    @Arbiter
    public void askAgain(II_Result result) {
      boolean again = check.look().join().status() == HealthStatus.HEALTHY;
      result.r1 = again ? runs.get() : 0;
      result.r2 = first.status() == HealthStatus.HEALTHY ? 1 : 0;
    }
  }

  /**
   * Each side sets its flag and reads the other, without a lock: shows that the test detects a check that never runs again.
   */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The second one released the check.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Neither did, which the lock must prevent.")
  @State
  public static class BrokenLeftCheckRunsAgain {
    private final AtomicInteger free = new AtomicInteger();
    private boolean ended;
    private boolean left;

    @Actor
    public void end() {
      ended = true;
      if (left) {
        free.set(1);
      }
    }

    @Actor
    public void leave() {
      left = true;
      if (ended) {
        free.set(1);
      }
    }

    @Arbiter
    public void count(I_Result result) {
      result.r1 = free.get();
    }
  }
}
