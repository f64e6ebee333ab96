package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link CoreCircuitBreaker}; {@link ProbeSlotsStress} has those of its half-open state. */
public class CircuitBreakerStress {
  private static CoreCircuitBreaker breaker(CircuitBreakerConfig.Builder config) {
    return new CoreCircuitBreaker("stress", config.build(), StressRuntime.SYSTEM_TIME);
  }

  private static CircuitBreakerConfig.Builder opensAfter(int failures) {
    return CircuitBreakerConfig.builder().failureThreshold(failures).cooldown(Duration.ofDays(1));
  }

  /** Two failures that both reach the threshold: the breaker opens once. */
  @JCStressTest
  @Outcome(
      id = "1, 2",
      expect = Expect.ACCEPTABLE,
      desc = "One transition, and both failures in the totals.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Two transitions, none, or a lost failure.")
  @State
  public static class OneTransitionWins {
    private final CoreCircuitBreaker breaker = breaker(opensAfter(1));
    private final long first = breaker.tryAcquirePermit();
    private final long second = breaker.tryAcquirePermit();

    @Actor
    public void one() {
      breaker.recordFailure(first, null);
    }

    @Actor
    public void other() {
      breaker.recordFailure(second, null);
    }

    @Arbiter
    public void look(II_Result result) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      result.r1 = (int) snapshot.transitions();
      result.r2 = (int) snapshot.totals().failures();
    }
  }

  /** A state that is read and then set: shows that the test detects a second transition. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "One transition.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second transition that the breaker must not make.")
  @State
  public static class BrokenOneTransitionWins {
    private final AtomicInteger transitions = new AtomicInteger();
    private volatile boolean open;

    private void fail() {
      if (!open) {
        open = true;
        transitions.incrementAndGet();
      }
    }

    @Actor
    public void one() {
      fail();
    }

    @Actor
    public void other() {
      fail();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = transitions.get();
    }
  }

  /** A success of an earlier call races with the transition to open: in either order, the breaker is open afterwards. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Open, and both outcomes are in the totals.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A stale outcome changed the state, or was lost.")
  @State
  public static class StaleOutcomeDecidesNothing {
    private final CoreCircuitBreaker breaker = breaker(opensAfter(1));
    private final long failing = breaker.tryAcquirePermit();
    private final long slow = breaker.tryAcquirePermit();

    @Actor
    public void trip() {
      breaker.recordFailure(failing, null);
    }

    @Actor
    public void late() {
      breaker.recordSuccess(slow);
    }

    @Arbiter
    public void look(III_Result result) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      result.r1 = snapshot.state().code();
      result.r2 = (int) snapshot.totals().successes();
      result.r3 = (int) snapshot.totals().failures();
    }
  }

  /** A success that looks at the state and then closes: shows that the test detects a stale outcome that decides. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The decision that a stale outcome must not make.")
  @State
  public static class BrokenStaleOutcomeDecidesNothing {
    private volatile int generation = 1;
    private volatile int open;

    @Actor
    public void trip() {
      generation = 2;
      open = 1;
    }

    @Actor
    public void late() {
      if (generation == 1) {
        open = 0;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = open;
    }
  }

  /** The failure that misses the minimum number of calls races with the success that completes it: the breaker opens. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open: two calls, half of them failed.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Neither thread evaluated the rate.")
  @State
  public static class DueTripIsMade {
    private final CoreCircuitBreaker breaker = breaker(CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .failureRateThreshold(50)
        .minimumNumberOfCalls(2)
        .cooldown(Duration.ofDays(1)));
    private final long failing = breaker.tryAcquirePermit();
    private final long succeeding = breaker.tryAcquirePermit();

    @Actor
    public void fail() {
      breaker.recordFailure(failing, null);
    }

    @Actor
    public void succeed() {
      breaker.recordSuccess(succeeding);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = breaker.snapshot().state().code();
    }
  }

  /** A flag that is set without summing again: shows that the test detects a missing transition. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The missed transition to open that the breaker must make.")
  @State
  public static class BrokenDueTripIsMade {
    private final AtomicInteger calls = new AtomicInteger();
    private volatile boolean awaitsMinimum;
    private volatile int open;

    @Actor
    public void fail() {
      if (calls.incrementAndGet() >= 2) {
        open = 1;
      } else {
        awaitsMinimum = true;
      }
    }

    @Actor
    public void succeed() {
      calls.incrementAndGet();
      if (awaitsMinimum && calls.get() >= 2) {
        open = 1;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = open;
    }
  }

  /** A snapshot during a failure is consistent: never more failures than calls. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Before, or after.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Failures without calls.")
  @State
  public static class SnapshotIsPossible {
    private final CoreCircuitBreaker breaker = breaker(opensAfter(10));
    private final long permit = breaker.tryAcquirePermit();

    @Actor
    public void fail() {
      breaker.recordFailure(permit, null);
    }

    @Actor
    public void look(II_Result result) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      result.r1 = (int) snapshot.windowCalls();
      result.r2 = (int) snapshot.windowFailures();
    }
  }

  /** Calls and failures in separate counters: shows that the test detects an impossible snapshot. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1", "1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Consistent.")
  @Outcome(
      id = "0, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The failure without a call that a snapshot must not show.")
  @State
  public static class BrokenSnapshotIsPossible {
    private volatile int calls;
    private volatile int failures;

    @Actor
    public void fail() {
      calls = 1;
      failures = 1;
    }

    @Actor
    public void look(II_Result result) {
      result.r1 = calls;
      result.r2 = failures;
    }
  }

  /** Two transitions at once: each is one event, and they arrive in the order of their numbers. */
  @JCStressTest
  @Outcome(id = "2, 12", expect = Expect.ACCEPTABLE, desc = "Two events, the first one first.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "An event is missing, doubled, or out of order.")
  @State
  public static class EventsComeOnceInOrder {
    private final CoreCircuitBreaker breaker = StressRuntime.handDrivenBreaker();
    private final AtomicInteger events = new AtomicInteger();
    private volatile long sequences;

    public EventsComeOnceInOrder() {
      breaker.subscribe(transition -> {
        events.incrementAndGet();
        sequences = sequences * 10 + transition.sequence();
      });
    }

    @Actor
    public void forceOpen() {
      breaker.forceOpen();
    }

    @Actor
    public void disable() {
      breaker.disable();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = events.get();
      result.r2 = (int) sequences;
    }
  }

  /** Events that are appended after the change: shows that the test detects one that overtakes another. */
  @JCStressTest
  @Outcome(id = "12", expect = Expect.ACCEPTABLE, desc = "In order.")
  @Outcome(
      id = "21",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The order that TransitionLog must not have.")
  @State
  public static class BrokenEventsComeOnceInOrder {
    private final AtomicInteger sequence = new AtomicInteger();
    private final ConcurrentLinkedQueue<Integer> log = new ConcurrentLinkedQueue<>();

    @Actor
    public void one() {
      log.add(sequence.incrementAndGet());
    }

    @Actor
    public void other() {
      log.add(sequence.incrementAndGet());
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = log.poll() * 10 + log.poll();
    }
  }

  /** Two failures that are both the first to reach the threshold of a breaker for metrics only: that is noted once. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "Noted once, and both failures counted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Noted twice, never, or a lost failure.")
  @State
  public static class WouldOpenIsNotedOnce {
    private final CoreCircuitBreaker breaker =
        breaker(opensAfter(1).initialState(CircuitBreakerState.METRICS_ONLY));
    private final long first = breaker.tryAcquirePermit();
    private final long second = breaker.tryAcquirePermit();

    @Actor
    public void one() {
      breaker.recordFailure(first, null);
    }

    @Actor
    public void other() {
      breaker.recordFailure(second, null);
    }

    @Arbiter
    public void look(II_Result result) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      result.r1 = (int) snapshot.transitions();
      result.r2 = (int) snapshot.windowFailures();
    }
  }

  /** A note that is made anew after a lost CAS: shows that the test detects the second one. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Noted once.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second note that the breaker must not make.")
  @State
  public static class BrokenWouldOpenIsNotedOnce {
    private final AtomicInteger noted = new AtomicInteger();

    private void fail() {
      if (noted.get() == 0) {
        int present = noted.get();
        while (!noted.compareAndSet(present, present + 1)) {
          present = noted.get();
        }
      }
    }

    @Actor
    public void one() {
      fail();
    }

    @Actor
    public void other() {
      fail();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = noted.get();
    }
  }

  /** Two failures that together reach the number of failures in the window: the breaker opens. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = Expect.ACCEPTABLE, desc = "Open, with both failures.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A trip that was due is missing.")
  @State
  public static class FailureCountTripIsMade {
    private final CoreCircuitBreaker breaker =
        breaker(CircuitBreakerConfig.builder().noFailureThreshold().failureCountThreshold(2));
    private final long first = breaker.tryAcquirePermit();
    private final long second = breaker.tryAcquirePermit();

    @Actor
    public void one() {
      breaker.recordFailure(first, null);
    }

    @Actor
    public void other() {
      breaker.recordFailure(second, null);
    }

    @Arbiter
    public void look(II_Result result) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      result.r1 = snapshot.state().code();
      result.r2 = (int) snapshot.totals().failures();
    }
  }

  /** A number that is judged before it is counted: shows that the test detects a missing trip. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The missing trip that the breaker must not have.")
  @State
  public static class BrokenFailureCountTripIsMade {
    private final AtomicInteger failures = new AtomicInteger();
    private volatile int open;

    private void fail() {
      if (failures.get() + 1 >= 2) {
        open = 1;
      }
      failures.incrementAndGet();
    }

    @Actor
    public void one() {
      fail();
    }

    @Actor
    public void other() {
      fail();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = open;
    }
  }
}
