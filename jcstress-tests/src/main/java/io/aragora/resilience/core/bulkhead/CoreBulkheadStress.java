package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.time.HandDrivenTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link CoreBulkhead}. */
public class CoreBulkheadStress {
  /** A future that waits is cancelled while its place is granted: the place is free afterwards. */
  @JCStressTest
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE,
      desc = "The body never started, or was cancelled; nothing is held, nothing waits.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A place or a waiter is left behind.")
  @State
  public static class CancelAgainstGrant {
    private final HandDrivenTime time = new HandDrivenTime();
    private final CoreBulkhead bulkhead = new CoreBulkhead(
        "stress",
        BulkheadConfig.builder()
            .maxConcurrentCalls(1)
            .maxWait(Duration.ofSeconds(1))
            .build(),
        LeasedPlacesStress.runtime(time));
    private final long held = bulkhead.tryAcquirePermit();
    private final CompletableFuture<Integer> future =
        bulkhead.callAsync(() -> new CompletableFuture<>());

    @Actor
    public void release() {
      bulkhead.releasePermit(held);
    }

    @Actor
    public void cancel() {
      future.cancel(true);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = bulkhead.snapshot().inUse();
      result.r2 = bulkhead.snapshot().waiting();
    }
  }

  /** The wait of a future ends just when its place is granted: its body starts once, or never. */
  @JCStressTest
  @Outcome(
      id = {"0, 0", "1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Rejected, or started once; nothing is held.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Started twice, or a place is left behind.")
  @State
  public static class BodyStartsOnce {
    private final HandDrivenTime time = new HandDrivenTime();
    private final AdmissionRuntime runtime = LeasedPlacesStress.runtime(time);
    private final AtomicInteger bodies = new AtomicInteger();
    private final CoreBulkhead bulkhead = new CoreBulkhead(
        "stress",
        BulkheadConfig.builder()
            .maxConcurrentCalls(1)
            .maxWait(Duration.ofNanos(HandDrivenTime.TICK))
            .build(),
        runtime);
    private final long held = bulkhead.tryAcquirePermit();

    public BodyStartsOnce() {
      bulkhead.callAsync(() -> CompletableFuture.completedFuture(bodies.incrementAndGet()));
    }

    @Actor
    public void release() {
      bulkhead.releasePermit(held);
    }

    @Actor
    public void expire() {
      time.set(4 * HandDrivenTime.TICK);
      runtime.timer().advanceTo(4 * HandDrivenTime.TICK);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = bodies.get();
      result.r2 = bulkhead.snapshot().inUse();
    }
  }

  /** Look, then start: shows that the test detects a body that starts twice. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Started once.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second start that DeferredFuture must not make.")
  @State
  public static class BrokenBodyStartsOnce {
    private final AtomicInteger bodies = new AtomicInteger();
    private volatile boolean hasStarted;

    private void start() {
      if (!hasStarted) {
        hasStarted = true;
        bodies.incrementAndGet();
      }
    }

    @Actor
    public void release() {
      start();
    }

    @Actor
    public void expire() {
      start();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = bodies.get();
    }
  }
}
