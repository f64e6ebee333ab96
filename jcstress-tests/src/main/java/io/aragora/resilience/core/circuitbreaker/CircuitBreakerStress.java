package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.SystemTimeSource;
import java.time.Duration;
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

/** The claims of {@link CircuitBreakerStateMachine} and {@link ProbeSlots}. */
public class CircuitBreakerStress {
  private static final Dispatcher DISPATCHER =
      new Dispatcher("stress", SystemTimeSource.INSTANCE, null);

  private static CircuitBreakerStateMachine breaker(CircuitBreakerConfig.Builder config) {
    return new CircuitBreakerStateMachine(
        "stress", config.build(), SystemTimeSource.INSTANCE, DISPATCHER, changed -> {});
  }

  private static CircuitBreakerConfig.Builder opensAfter(int failures) {
    return CircuitBreakerConfig.builder().failureThreshold(failures).cooldown(Duration.ofDays(1));
  }

  /** A breaker whose cooldown is over: the next admission makes it half-open. */
  private static CircuitBreakerStateMachine readyToProbe(int places) {
    CircuitBreakerStateMachine breaker = breaker(CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldown(Duration.ofNanos(1))
        .halfOpenMaxCalls(places)
        .successThreshold(2));
    breaker.recordFailure(breaker.tryAcquirePermit(), null);
    return breaker;
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
    private final CircuitBreakerStateMachine breaker = breaker(opensAfter(1));
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

  /** Two acquisitions of one place: one is admitted. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One is admitted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "More than the limit, or nobody.")
  @State
  public static class HalfOpenKeepsItsLimit {
    private final CircuitBreakerStateMachine breaker = readyToProbe(1);

    @Actor
    public void one(II_Result result) {
      result.r1 = breaker.tryAcquirePermit() == CircuitBreaker.REJECTED ? 0 : 1;
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = breaker.tryAcquirePermit() == CircuitBreaker.REJECTED ? 0 : 1;
    }
  }

  /** A limit that is looked at and then counted: shows that over-admission would be seen. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One is admitted.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The over-admission that ProbeSlots must not have.")
  @State
  public static class BrokenHalfOpenKeepsItsLimit {
    private final AtomicInteger taken = new AtomicInteger();

    private int acquire() {
      if (taken.get() >= 1) {
        return 0;
      }
      taken.incrementAndGet();
      return 1;
    }

    @Actor
    public void one(II_Result result) {
      result.r1 = acquire();
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = acquire();
    }
  }

  /** Completing and releasing one probe's permit at once: it counts once, and frees one place. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them counts, the other is late.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both count, or none.")
  @State
  public static class ProbeCompletesOnce {
    private final CircuitBreakerStateMachine breaker = readyToProbe(1);
    private final long permit = breaker.tryAcquirePermit();

    @Actor
    public void complete() {
      breaker.recordSuccess(permit);
    }

    @Actor
    public void release() {
      breaker.releasePermit(permit);
    }

    @Arbiter
    public void look(III_Result result) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      result.r1 = (int) snapshot.totals().successes();
      result.r2 = (int) snapshot.totals().ignored();
      result.r3 = (int) snapshot.totals().late();
    }
  }

  /** A success of a call from before the trip against the trip: whatever the order, the breaker is open afterwards. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Open, and both outcomes are in the totals.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A stale outcome decided something, or was lost.")
  @State
  public static class StaleOutcomeDecidesNothing {
    private final CircuitBreakerStateMachine breaker = breaker(opensAfter(1));
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

  /** The failure that finds the minimum missing against the success that completes it: the trip that is due is made. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open: two calls, half of them failed.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Nobody evaluated the rate.")
  @State
  public static class DueTripIsMade {
    private final CircuitBreakerStateMachine breaker = breaker(CircuitBreakerConfig.builder()
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

  /** A snapshot during a failure is possible: never more failures than calls. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Before, or after.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Failures without calls.")
  @State
  public static class SnapshotIsPossible {
    private final CircuitBreakerStateMachine breaker = breaker(opensAfter(10));
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
}
