package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
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

/** The claims of {@link ProbeSlots}; LeasedSlotsStress has those of the slots alone. */
public class ProbeSlotsStress {
  /** A breaker whose cooldown is over: the next admission makes it half-open. */
  private static CoreCircuitBreaker readyToProbe(int places) {
    CircuitBreakerConfig config = CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .cooldown(Duration.ofNanos(1))
        .halfOpenMaxCalls(places)
        .successThreshold(2)
        .build();
    CoreCircuitBreaker breaker =
        new CoreCircuitBreaker("stress", config, StressRuntime.SYSTEM_TIME);
    breaker.recordFailure(breaker.tryAcquirePermit(), null);
    return breaker;
  }

  /** Two acquisitions of one permit: one is admitted. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One is admitted.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "More than the limit, or none.")
  @State
  public static class HalfOpenKeepsItsLimit {
    private final CoreCircuitBreaker breaker = readyToProbe(1);

    @Actor
    public void one(II_Result result) {
      result.r1 = breaker.tryAcquirePermit() == CircuitBreaker.REJECTED ? 0 : 1;
    }

    @Actor
    public void other(II_Result result) {
      result.r2 = breaker.tryAcquirePermit() == CircuitBreaker.REJECTED ? 0 : 1;
    }
  }

  /** A limit that is read and then counted: shows that the test detects over-admission. */
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

  /** A probe's permit is completed and released at once: it counts once, and frees one permit. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them counts, the other is late.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both count, or none.")
  @State
  public static class ProbeCompletesOnce {
    private final CoreCircuitBreaker breaker = readyToProbe(1);
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

  /** A slot that is read and then freed: shows that the test detects a permit that counts twice. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "One of them counts.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second completion that ProbeSlots must not accept.")
  @State
  public static class BrokenProbeCompletesOnce {
    private volatile boolean held = true;

    private int giveBack() {
      if (!held) {
        return 0;
      }
      held = false;
      return 1;
    }

    @Actor
    public void complete(II_Result result) {
      result.r1 = giveBack();
    }

    @Actor
    public void release(II_Result result) {
      result.r2 = giveBack();
    }
  }

  /** The last two probes of a share end at once: one of them decides. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open: three of four probes failed.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "No decision, or the other one.")
  @State
  public static class ShareIsDecided {
    private final CoreCircuitBreaker breaker = new CoreCircuitBreaker(
        "stress",
        CircuitBreakerConfig.builder()
            .initialState(CircuitBreakerState.HALF_OPEN)
            .halfOpenFailureRateThreshold(75)
            .halfOpenCalls(4)
            .halfOpenMaxCalls(4)
            .build(),
        StressRuntime.SYSTEM_TIME);

    private final long first = breaker.tryAcquirePermit();
    private final long second = breaker.tryAcquirePermit();

    public ShareIsDecided() {
      breaker.recordFailure(breaker.tryAcquirePermit(), null);
    }

    @Actor
    public void one() {
      breaker.recordFailure(first, null);
    }

    @Actor
    public void other() {
      breaker.recordFailure(second, null);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = breaker.state().code();
    }
  }

  /** A share that is judged before its outcome is counted: shows that the test detects a missing decision. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Decided.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The missing decision that ProbeSlots must not have.")
  @State
  public static class BrokenShareIsDecided {
    private final AtomicInteger failed = new AtomicInteger(1);
    private volatile int open;

    private void fail() {
      if (failed.get() + 1 >= 3) {
        open = 1;
      }
      failed.incrementAndGet();
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
