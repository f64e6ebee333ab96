package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link ThrottlingPhase}. */
public class ThrottleStress {
  /** Throttles from two calls on; its window holds the last two. */
  private static CoreCircuitBreaker breaker() {
    CircuitBreakerConfig config = CircuitBreakerConfig.builder()
        .failureThreshold(1000)
        .throttle(2)
        .minimumNumberOfCalls(2)
        .countWindow(2)
        .build();
    return new CoreCircuitBreaker("stress", config, StressRuntime.SYSTEM_TIME);
  }

  /** Two failures that together raise the share: it stays raised. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The share is that of both failures.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A share of 0 replaced the one that was due.")
  @State
  public static class RaisedShareStays {
    private final CoreCircuitBreaker breaker = breaker();
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
    public void look(I_Result result) {
      result.r1 = breaker.phase().throttleShare() > 0 ? 1 : 0;
    }
  }

  /** A share that is computed and then set: shows that the test detects a share that is lost. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The share is that of both failures.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The lost share that the phase must not have.")
  @State
  public static class BrokenRaisedShareStays {
    private final AtomicInteger failures = new AtomicInteger();
    private volatile int share;

    private void fail() {
      failures.incrementAndGet();
      share = failures.get() >= 2 ? 1 : 0;
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
      result.r1 = share;
    }
  }

  /** A success that ends the share and a failure that raises it: calls have a free permit if and only if the share is 0. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "No share, and a free permit.")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "A share, and no free permit.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Share and permit do not fit.")
  @State
  public static class PermitFollowsShare {
    private final CoreCircuitBreaker breaker = breaker();
    private final long first = breaker.tryAcquirePermit();
    private final long second = breaker.tryAcquirePermit();
    private final long third = breaker.tryAcquirePermit();
    private final long fourth = breaker.tryAcquirePermit();

    public PermitFollowsShare() {
      breaker.recordSuccess(first);
      breaker.recordFailure(second, null);
    }

    @Actor
    public void one() {
      breaker.recordFailure(third, null);
    }

    @Actor
    public void other() {
      breaker.recordSuccess(fourth);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = breaker.phase().throttleShare() > 0 ? 1 : 0;
      result.r2 = breaker.phase().freePermit() == CircuitBreaker.REJECTED ? 0 : 1;
    }
  }

  /** A permit that is written after the share and not looked at again: shows that the test detects two that do not fit. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "No share, and a free permit.")
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "A share, and no free permit.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The permit of another share, which the phase must not have.")
  @State
  public static class BrokenPermitFollowsShare {
    private final AtomicInteger share = new AtomicInteger();
    private volatile int permit = 1;

    @Actor
    public void one() {
      share.set(1);
      permit = 0;
    }

    @Actor
    public void other() {
      share.set(0);
      permit = 1;
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = share.get();
      result.r2 = permit;
    }
  }
}
