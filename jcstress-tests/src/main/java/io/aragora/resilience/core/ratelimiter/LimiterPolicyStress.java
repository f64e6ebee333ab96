package io.aragora.resilience.core.ratelimiter;

import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.bulkhead.LeasedPlacesStress;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link LimiterPolicy}. */
public class LimiterPolicyStress {
  /** A call that waits asks for its permit just when a pause makes its wait useless: it is admitted or rejected, once. */
  @JCStressTest
  @Outcome(id = "1, 0, 0", expect = Expect.ACCEPTABLE, desc = "Admitted; the pause came later.")
  @Outcome(id = "0, 1, 0", expect = Expect.ACCEPTABLE, desc = "Rejected by the pause.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Both, neither, or it still waits.")
  @State
  public static class LookAgainstDismiss {
    private static final long DUE = 4 * HandDrivenTime.TICK;

    private final HandDrivenTime time = new HandDrivenTime();
    private final AdmissionRuntime runtime = LeasedPlacesStress.runtime(time);
    private final AtomicInteger bodies = new AtomicInteger();
    private final CoreRateLimiter limiter = new CoreRateLimiter(
        "stress",
        RateLimiterConfig.smooth(1, Duration.ofNanos(HandDrivenTime.TICK))
            .burst(1)
            .maxWait(Duration.ofSeconds(1))
            .maxWaiting(1)
            .build(),
        runtime);

    public LookAgainstDismiss() {
      limiter.tryAcquire();
      limiter.callAsync(() -> CompletableFuture.completedFuture(bodies.incrementAndGet()));
    }

    @Actor
    public void look() {
      time.set(DUE);
      runtime.timer().advanceTo(DUE);
    }

    @Actor
    public void pause() {
      limiter.pauseFor(Duration.ofSeconds(2));
    }

    @Arbiter
    public void end(III_Result result) {
      result.r1 = bodies.get();
      result.r2 = (int) limiter.totals().rejected();
      result.r3 = limiter.snapshot().waiting();
    }
  }

  /** The state is read, then written: shows that the test detects a call that is admitted and rejected. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Admitted or rejected.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "Both, which the lock of the queue must prevent.")
  @State
  public static class BrokenLookAgainstDismiss {
    private volatile boolean waits = true;

    @Actor
    public void look(II_Result result) {
      if (waits) {
        waits = false;
        result.r1 = 1;
      }
    }

    @Actor
    public void pause(II_Result result) {
      if (waits) {
        waits = false;
        result.r2 = 1;
      }
    }
  }
}
