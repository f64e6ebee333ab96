package io.aragora.resilience.core.retry;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.call.WaitingThreads;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.time.TimeSource;
import java.io.IOException;
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
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link RetriedFuture}. */
public class RetriedFutureStress {
  /** The end from outside races with the first wait: nothing remains in the timer, and there is no further attempt. */
  @JCStressTest
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Nothing waits, one attempt was made.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A wait of a call that has ended.")
  @State
  public static class NoWaitOutlivesTheCall {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final AtomicInteger attempts = new AtomicInteger();
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();
    private final CompletableFuture<Integer> future = new CoreRetry(
            "stress",
            RetryConfig.builder()
                .backoff(Backoff.constant(Duration.ofNanos(9 * TICK)).withJitter(Jitter.NONE))
                .retryIf(failure -> true)
                .build(),
            "stress",
            time,
            new CoarseClock(time, timer),
            timer,
            new Dispatcher("stress", time, null),
            new WaitingThreads(time))
        .callAsync(() -> {
          attempts.incrementAndGet();
          return inner;
        });

    @Actor
    public void fail() {
      inner.completeExceptionally(new IOException("stress"));
    }

    @Actor
    public void endOutside() {
      future.complete(1);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = timer.advanceTo(TICK) == TimeSource.NEVER ? 0 : 1;
      time.set(20 * TICK);
      timer.advanceTo(20 * TICK);
      result.r2 = attempts.get();
    }
  }

  /** The waiting side checks the end before it announces its wait: shows that the test detects such a wait. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Nothing waits.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The wait that RetriedFuture must not leave behind.")
  @State
  public static class BrokenNoWaitOutlivesTheCall {
    private volatile boolean ended;
    private volatile boolean waits;

    @Actor
    public void fail() {
      if (!ended) {
        waits = true;
      }
    }

    @Actor
    public void endOutside() {
      ended = true;
      waits = false;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = waits ? 1 : 0;
    }
  }

  /** The body's stage ends while the retry looks whether it has ended: the call is counted once, and its future is not the stage. */
  @JCStressTest
  @Outcome(
      id = "1, 1, 0",
      expect = Expect.ACCEPTABLE,
      desc = "Ended and counted, with a future of its own.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "Not ended, counted twice or not at all, or the body's own future.")
  @State
  public static class EndDuringTheStartCountsOnce {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();
    private final CoreRetry retry = new CoreRetry(
        "stress",
        RetryConfig.builder().build(),
        "stress",
        time,
        new CoarseClock(time, timer),
        timer,
        new Dispatcher("stress", time, null),
        new WaitingThreads(time));
    private CompletableFuture<Integer> future;

    @Actor
    public void start() {
      future = retry.callAsync(() -> inner);
    }

    @Actor
    public void end() {
      inner.complete(1);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r1 = future.getNow(0);
      result.r2 = (int) retry.totals().succeededAtOnce();
      result.r3 = future == inner ? 1 : 0;
    }
  }

  /** The starting side looks once, then watches: shows that the test detects an end that is lost between the two. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Counted.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The end that RetriedFuture must not lose.")
  @State
  public static class BrokenEndDuringTheStartCountsOnce {
    private final AtomicInteger counted = new AtomicInteger();
    private volatile boolean done;
    private volatile boolean watched;

    @Actor
    public void start() {
      if (done) {
        counted.incrementAndGet();
      } else {
        watched = true;
      }
    }

    @Actor
    public void end() {
      done = true;
      if (watched) {
        counted.incrementAndGet();
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = counted.get();
    }
  }
}
