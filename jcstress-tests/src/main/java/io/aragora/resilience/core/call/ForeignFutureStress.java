package io.aragora.resilience.core.call;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claim of {@link ForeignFuture}. */
public class ForeignFutureStress {
  /** A cancellation while an application's policy starts its inner call: in either order, the inner call is cancelled or not started. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Cancelled.")
  @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "Not started.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "The inner call keeps running without a waiting caller.")
  @State
  public static class StartedInsideIsCancelled {
    private final ForeignFuture<Integer> future = new ForeignFuture<>();
    private final CompletableFuture<Integer> inside = new CompletableFuture<>();
    private boolean isStarted;

    @Actor
    public void start() {
      future.startInside(() -> {
        isStarted = true;
        return inside;
      });
    }

    @Actor
    public void cancelOutside() {
      future.cancel(true);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = inside.isCancelled() ? 1 : isStarted ? 0 : 2;
    }
  }

  /** Each side reads before it writes: shows that the test detects a call that keeps running. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Cancelled.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The inner call that ForeignFuture must not leave running.")
  @State
  public static class BrokenStartedInsideIsCancelled {
    private final CompletableFuture<Integer> started = new CompletableFuture<>();
    private volatile CompletableFuture<Integer> inside;
    private volatile Throwable stop;

    @Actor
    public void start() {
      Throwable meanwhile = stop;
      inside = started;
      if (meanwhile != null) {
        started.cancel(true);
      }
    }

    @Actor
    public void cancelOutside() {
      CompletableFuture<Integer> running = inside;
      stop = new CancellationException("stress");
      if (running != null) {
        running.cancel(true);
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = started.isCancelled() ? 1 : 0;
    }
  }
}
