package io.aragora.resilience.core.fallback;

import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.dispatch.AcceptedTask;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.pipeline.CorePipeline;
import io.aragora.resilience.core.retry.CoreRetry;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.retry.RetryConfig;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link RecoveredFuture}. */
public class RecoveredFutureStress {
  /** An asynchronous call with an asynchronous fallback. */
  abstract static class Call {
    final CompletableFuture<Integer> inner = new CompletableFuture<>();
    final CompletableFuture<Integer> stage = new CompletableFuture<>();
    final AtomicInteger started = new AtomicInteger();
    final CompletableFuture<Integer> future;

    Call(Executor executor) {
      HandDrivenTime time = new HandDrivenTime();
      Timer timer = new Timer("stress", time);
      Dispatcher dispatcher = new Dispatcher("stress", time, executor);
      CoreRetry retry = new CoreRetry(
          "stress",
          RetryConfig.builder().maxAttempts(1).build(),
          "stress",
          time,
          new CoarseClock(time, timer),
          timer,
          dispatcher,
          new WaitingThreads(time));
      FallbackCounter counter = new FallbackCounter("stress", dispatcher);
      future = new CorePipeline(
              "stress", List.of(retry), dispatcher, name -> counter, (name, text) -> {})
          .withFallback(Fallback.<Integer>ofAsync(failure -> {
            started.incrementAndGet();
            return stage;
          }))
          .callAsync(() -> inner);
    }
  }

  /** The caller cancels while the executor receives the fallback: no task of the call remains. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "No task remains, the call has ended.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "A task of a call that has ended, or a call without an end.")
  @State
  public static class NoFallbackOutlivesTheCall {
    private volatile AcceptedTask accepted;
    private final Call call = new Call(task -> accepted = (AcceptedTask) task) {};

    @Actor
    public void fail() {
      call.inner.completeExceptionally(new IOException("stress"));
    }

    @Actor
    public void cancel() {
      call.future.cancel(true);
    }

    @Arbiter
    public void look(II_Result result) {
      AcceptedTask task = accepted;
      result.r1 = task != null && task.cancel() ? 1 : 0;
      result.r2 = call.future.isDone() ? 1 : 0;
    }
  }

  /** The caller cancels while the fallback starts: its stage is cancelled, or it does not start. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Nothing runs, the call has ended.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "A fallback of a call that has ended, or a call without an end.")
  @State
  public static class StartedFallbackIsCancelled {
    private final Call call = new Call(Runnable::run) {};

    @Actor
    public void fail() {
      call.inner.completeExceptionally(new IOException("stress"));
    }

    @Actor
    public void cancel() {
      call.future.cancel(true);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = call.started.get() == 1 && !call.stage.isDone() ? 1 : 0;
      result.r2 = call.future.isDone() ? 1 : 0;
    }
  }

  /** The failing side checks the end before it announces its task: shows that the tests detect such a task. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Nothing remains.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The task that RecoveredFuture must not leave behind.")
  @State
  public static class BrokenNoFallbackOutlivesTheCall {
    private volatile boolean ended;
    private volatile boolean accepted;

    @Actor
    public void fail() {
      if (!ended) {
        accepted = true;
      }
    }

    @Actor
    public void cancel() {
      ended = true;
      accepted = false;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = accepted ? 1 : 0;
    }
  }
}
