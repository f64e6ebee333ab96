package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link CoreCircuitBreaker#reconfigure} and of the flag for a missing minimum of calls. */
public class ReconfigurationStress {
  private static CircuitBreakerConfig.Builder rate(int minimum) {
    return CircuitBreakerConfig.builder()
        .noFailureThreshold()
        .failureRateThreshold(50)
        .minimumNumberOfCalls(minimum)
        .cooldown(Duration.ofDays(1));
  }

  private static final CircuitBreakerConfig SHORT =
      rate(50).window(Duration.ofSeconds(60)).build();
  private static final CircuitBreakerConfig LONG =
      rate(50).window(Duration.ofMinutes(10)).build();

  /** An outcome while the window is replaced by one of another length: it is in the window, once, and not late. */
  @JCStressTest
  @Outcome(
      id = "2, 2, 0",
      expect = Expect.ACCEPTABLE,
      desc = "Both are in the window and in the consecutive count.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "An outcome was lost, doubled, or late.")
  @State
  public static class OutcomeAgainstOtherWindow {
    private final CoreCircuitBreaker breaker =
        new CoreCircuitBreaker("stress", SHORT, StressRuntime.SYSTEM_TIME);
    private final long first = breaker.tryAcquirePermit();
    private final long second = breaker.tryAcquirePermit();

    public OutcomeAgainstOtherWindow() {
      breaker.recordFailure(first, null);
    }

    @Actor
    public void fail() {
      breaker.recordFailure(second, null);
    }

    @Actor
    public void reconfigure() {
      breaker.reconfigure(LONG);
    }

    @Arbiter
    public void look(III_Result result) {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      result.r1 = (int) snapshot.windowFailures();
      result.r2 = snapshot.consecutiveFailures();
      result.r3 = (int) snapshot.totals().late();
    }
  }

  /** A window that is copied and then exchanged: shows that the test detects a lost outcome. */
  @JCStressTest
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Both are in the window.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The outcome that reconfiguration must not lose.")
  @State
  public static class BrokenOutcomeAgainstOtherWindow {
    private final AtomicReference<AtomicInteger> window =
        new AtomicReference<>(new AtomicInteger(1));

    @Actor
    public void fail() {
      window.get().incrementAndGet();
    }

    @Actor
    public void reconfigure() {
      window.set(new AtomicInteger(window.get().get()));
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = window.get().get();
    }
  }

  /**
   * The last two of four calls at once, a failure and a success, after a rate below the threshold: the thread that clears the
   * flag and the thread that sets it see each other, and the breaker opens with the fourth call.
   */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open: four calls, half of them failed.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The flag was cleared although it was needed.")
  @State
  public static class DueTripAgainstFlagTakenBack {
    private final CoreCircuitBreaker breaker =
        new CoreCircuitBreaker("stress", rate(4).build(), StressRuntime.SYSTEM_TIME);
    private final long failing = breaker.tryAcquirePermit();
    private final long succeeding = breaker.tryAcquirePermit();

    public DueTripAgainstFlagTakenBack() {
      breaker.recordFailure(breaker.tryAcquirePermit(), null);
      breaker.recordSuccess(breaker.tryAcquirePermit());
    }

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

  /** A flag that is cleared without a last check: shows that the test detects the missed transition. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Open, or marked for another evaluation.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The flag that must not be cleared.")
  @State
  public static class BrokenDueTripAgainstFlagTakenBack {
    private volatile int failures = 1;
    private volatile int awaits = 1;

    @Actor
    public void fail() {
      failures = 2;
      awaits = 1;
    }

    @Actor
    public void succeed() {
      if (failures == 1) {
        awaits = 0;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = awaits;
    }
  }
}
