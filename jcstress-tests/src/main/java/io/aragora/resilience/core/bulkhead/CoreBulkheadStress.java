package io.aragora.resilience.core.bulkhead;

import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.core.time.HandDrivenTime;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

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
}
