package io.aragora.resilience.core.hedge;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.hedge.HedgeTotals;
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
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link HedgeRace} and {@link HedgedFuture}. */
public class HedgeRaceStress {
  /** A call with a delay of two ticks; its first attempt and its hedge are stages of the test. */
  static class Call {
    final HandDrivenTime time = new HandDrivenTime();
    final Timer timer = new Timer("stress", time);
    final AtomicInteger losers = new AtomicInteger();
    final AtomicInteger bodies = new AtomicInteger();
    final CompletableFuture<Integer> first = new CompletableFuture<>();
    final CompletableFuture<Integer> second = new CompletableFuture<>();
    final CoreHedge hedge = new CoreHedge(
        "stress",
        HedgeConfig.forIdempotentCalls()
            .delay(Duration.ofNanos(2 * TICK))
            .onLoser(loser -> losers.incrementAndGet())
            .build(),
        time,
        timer,
        new Dispatcher("stress", time, null));

    CompletableFuture<Integer> begin() {
      return hedge.callAsync(() -> bodies.getAndIncrement() == 0 ? first : second);
    }

    void passDelay() {
      time.set(4 * TICK);
      timer.advanceTo(4 * TICK);
    }
  }

  /** Both attempts return a value: one is that of the call, the other goes to the consumer of losers, or its stage was cancelled. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "One winner; no result is lost or passed on twice.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "Two winners or none, or a result that was lost or passed on twice.")
  @State
  public static class WinsOnce extends Call {
    private final CompletableFuture<Integer> future = begin();
    private final AtomicInteger returned = new AtomicInteger();

    public WinsOnce() {
      passDelay();
    }

    @Actor
    public void first() {
      if (first.complete(1)) {
        returned.incrementAndGet();
      }
    }

    @Actor
    public void second() {
      if (second.complete(2)) {
        returned.incrementAndGet();
      }
    }

    @Arbiter
    public void look(II_Result result) {
      HedgeTotals totals = hedge.totals();
      result.r1 = future.isDone() ? returned.get() - losers.get() : -1;
      result.r2 = (int) (totals.first() + totals.hedge());
    }
  }

  /** Looks before it claims: shows that the test detects two winners. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "One winner.")
  @Outcome(
      id = "2",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The second winner that HedgeRace must not have.")
  @State
  public static class BrokenWinsOnce {
    private final AtomicInteger winners = new AtomicInteger();
    private volatile boolean over;

    private void end() {
      if (!over) {
        over = true;
        winners.incrementAndGet();
      }
    }

    @Actor
    public void first() {
      end();
    }

    @Actor
    public void second() {
      end();
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = winners.get();
    }
  }

  /** The delay passes while the caller cancels: a hedge that has started is cancelled. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "No hedge runs on.")
  @Outcome(id = "1", expect = Expect.FORBIDDEN, desc = "A hedge of a call that is over runs on.")
  @State
  public static class StartedHedgeIsCancelled extends Call {
    private final CompletableFuture<Integer> future = begin();

    @Actor
    public void delay() {
      passDelay();
    }

    @Actor
    public void cancel() {
      future.cancel(true);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = bodies.get() == 2 && !second.isDone() ? 1 : 0;
    }
  }

  /** The starter looks before it publishes its attempt: shows that the test detects a hedge that runs on. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "No hedge runs on.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The hedge that HedgeRace must not leave behind.")
  @State
  public static class BrokenStartedHedgeIsCancelled {
    private volatile boolean over;
    private volatile boolean published;
    private volatile boolean cancelled;

    @Actor
    public void delay() {
      if (!over) {
        published = true;
      }
    }

    @Actor
    public void cancel() {
      over = true;
      if (published) {
        cancelled = true;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = published && !cancelled ? 1 : 0;
    }
  }

  /** Both attempts fail: the call ends, with the failure of the first. */
  @JCStressTest
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The call has ended, and is counted once.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The call never ends, or is counted twice.")
  @State
  public static class LastFailureEndsTheCall extends Call {
    private final CompletableFuture<Integer> future = begin();

    public LastFailureEndsTheCall() {
      passDelay();
    }

    @Actor
    public void first() {
      first.completeExceptionally(new IOException("first"));
    }

    @Actor
    public void second() {
      second.completeExceptionally(new IOException("second"));
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = future.isCompletedExceptionally() ? 1 : 0;
      result.r2 = (int) hedge.totals().failed();
    }
  }

  /** Each looks whether the other has failed before it says so itself: shows that the test detects a call that never ends. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The call has ended.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that HedgeRace must not forget.")
  @State
  public static class BrokenLastFailureEndsTheCall {
    private volatile boolean firstFailed;
    private volatile boolean secondFailed;
    private volatile boolean ended;

    @Actor
    public void first() {
      if (secondFailed) {
        ended = true;
      }
      firstFailed = true;
    }

    @Actor
    public void second() {
      if (firstFailed) {
        ended = true;
      }
      secondFailed = true;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = ended ? 1 : 0;
    }
  }

  /** The first attempt ends while its delay is armed: nothing remains in the timer. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Nothing waits.")
  @Outcome(id = "1", expect = Expect.FORBIDDEN, desc = "A delay of a call that has ended.")
  @State
  public static class NoDelayOutlivesTheCall extends Call {
    @Actor
    public void start() {
      begin();
    }

    @Actor
    public void end() {
      first.complete(1);
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = timer.advanceTo(TICK) == TimeSource.NEVER ? 0 : 1;
    }
  }

  /** The starter looks before it arms: shows that the test detects such a delay. */
  @JCStressTest
  @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "Nothing waits.")
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The delay that HedgedFuture must not leave behind.")
  @State
  public static class BrokenNoDelayOutlivesTheCall {
    private volatile boolean ended;
    private volatile boolean armed;

    @Actor
    public void start() {
      if (!ended) {
        armed = true;
      }
    }

    @Actor
    public void end() {
      ended = true;
      armed = false;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = armed ? 1 : 0;
    }
  }
}
