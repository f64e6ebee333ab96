package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The claims of {@link GuardedFuture}. */
public class GuardedFutureStress {
  /** The inner end races with a cancellation from outside: the permit is completed once, as a success or released. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "A success.")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Released.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Completed twice, or never.")
  @State
  public static class PermitCompletesOnce {
    private final CoreCircuitBreaker breaker = StressRuntime.handDrivenBreaker();
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();
    private final CompletableFuture<Integer> future = breaker.callAsync(() -> inner);

    @Actor
    public void endInside() {
      inner.complete(1);
    }

    @Actor
    public void cancelOutside() {
      future.cancel(true);
    }

    @Arbiter
    public void look(II_Result result) {
      CircuitBreakerTotals totals = breaker.snapshot().totals();
      result.r1 = (int) (totals.successes() + totals.failures());
      result.r2 = (int) totals.ignored();
    }
  }

  /** Two callbacks, neither of which checks the other: shows that the test detects a permit that is completed twice. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Completed once.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The double completion that GuardedFuture must not have.")
  @State
  public static class BrokenPermitCompletesOnce {
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();
    private final CompletableFuture<Integer> future = new CompletableFuture<>();
    private final AtomicInteger successes = new AtomicInteger();
    private final AtomicInteger released = new AtomicInteger();

    @Actor
    public void endInside() {
      if (inner.complete(1) && !future.isDone()) {
        successes.incrementAndGet();
        future.complete(1);
      }
    }

    @Actor
    public void cancelOutside() {
      if (!future.isDone()) {
        released.incrementAndGet();
        future.cancel(true);
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = successes.get();
      result.r2 = released.get();
    }
  }
}
