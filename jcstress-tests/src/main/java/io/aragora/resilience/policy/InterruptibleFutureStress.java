package io.aragora.resilience.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link InterruptibleFuture}. */
public class InterruptibleFutureStress {
  /** The first handler of a submitted body is registered while its future is cancelled: it runs once. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The handler ran once.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The handler ran twice, or never.")
  @State
  public static class HandlerRunsOnce {
    private final InterruptibleFuture<Integer> future =
        (InterruptibleFuture<Integer>) InterruptibleFuture.<Integer>start(() -> 1, task -> {});
    private final AtomicInteger ran = new AtomicInteger();

    @Actor
    public void register() {
      future.onCancel(ran::incrementAndGet);
    }

    @Actor
    public void cancel() {
      future.cancel(true);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = ran.get();
    }
  }

  /** A thread that looks before it registers: shows that the test detects a handler that is left behind. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The handler ran once.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The handler that must not be left behind.")
  @State
  public static class BrokenHandlerRunsOnce {
    private final CompletableFuture<Integer> future = new CompletableFuture<>();
    private volatile List<Runnable> handlers = List.of();
    private final AtomicInteger ran = new AtomicInteger();

    @Actor
    public void register() {
      if (future.isCancelled()) {
        ran.incrementAndGet();
        return;
      }
      List<Runnable> more = new ArrayList<>();
      more.add(ran::incrementAndGet);
      handlers = more;
    }

    @Actor
    public void cancel() {
      future.cancel(true);
      handlers.forEach(Runnable::run);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = ran.get();
    }
  }
}
