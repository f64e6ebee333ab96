package io.aragora.resilience.core.timeout;

import static io.aragora.resilience.core.time.HandDrivenTime.TICK;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;

/** The claims of {@link LimitedFuture}; one actor plays the timer's thread. */
public class LimitedFutureStress {
  private static CoreTimeout timeout(HandDrivenTime time, Timer timer) {
    return new CoreTimeout(
        "stress",
        TimeoutConfig.of(Duration.ofNanos(TICK)),
        "stress",
        time,
        timer,
        new Dispatcher("stress", time, null));
  }

  /** The timeout races with the end of the body: the call counts once, and ends as it is counted. */
  @JCStressTest
  @Outcome(
      id = "1, 0, 1, 0",
      expect = Expect.ACCEPTABLE,
      desc = "In time, and completed with the body's value.")
  @Outcome(
      id = "0, 1, 0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "Too late, and the body is cancelled.")
  @Outcome(
      id = "0, 1, 0, 0",
      expect = Expect.ACCEPTABLE,
      desc = "Too late; the body ended by itself before it was cancelled.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Counted twice or not at all, or ended otherwise.")
  @State
  public static class CountsOnce {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final CoreTimeout timeout = timeout(time, timer);
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();
    private final CompletableFuture<Integer> future = timeout.callAsync(() -> inner);

    @Actor
    public void end() {
      inner.complete(1);
    }

    @Actor
    public void expire() {
      timer.advanceTo(4 * TICK);
    }

    @Arbiter
    public void look(IIII_Result result) {
      result.r1 = (int) timeout.totals().inTime();
      result.r2 = (int) timeout.totals().fired();
      result.r3 = future.isDone() && !future.isCompletedExceptionally() ? 1 : 0;
      result.r4 = inner.isCancelled() ? 1 : 0;
    }
  }

  /** Both sides check whether the call has ended, then count: shows that the test detects a double count. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 1", "0, 1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "Counted once.")
  @Outcome(
      id = {"1, 1, 0", "1, 1, 1"},
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The double count that LimitedFuture must not have.")
  @State
  public static class BrokenCountsOnce {
    private final CompletableFuture<Integer> future = new CompletableFuture<>();

    @Actor
    public void end(III_Result result) {
      if (!future.isDone()) {
        result.r1 = 1;
        future.complete(1);
      }
    }

    @Actor
    public void expire(III_Result result) {
      if (!future.isDone()) {
        result.r2 = 1;
        future.complete(0);
      }
    }

    @Arbiter
    public void look(III_Result result) {
      result.r3 = future.join();
    }
  }

  /** The timeout fires while the body ends with a value: the call has it, or the consumer of late results, or it was cancelled. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 0", "0, 1, 0", "0, 0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "The value is in one place.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The value is lost, or passed on twice.")
  @State
  public static class LateValueArrivesOnce {
    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final AtomicInteger late = new AtomicInteger();
    private final CoreTimeout timeout = new CoreTimeout(
        "stress",
        TimeoutConfig.builder()
            .limit(Duration.ofNanos(TICK))
            .onLateResult(value -> late.incrementAndGet())
            .build(),
        "stress",
        time,
        timer,
        new Dispatcher("stress", time, null));
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();
    private final CompletableFuture<Integer> future = timeout.callAsync(() -> inner);

    @Actor
    public void end() {
      inner.complete(1);
    }

    @Actor
    public void expire() {
      timer.advanceTo(4 * TICK);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r1 = future.isDone() && !future.isCompletedExceptionally() ? 1 : 0;
      result.r2 = late.get();
      result.r3 = inner.isCancelled() ? 1 : 0;
    }
  }

  /** The end is claimed before the mark that the other side looks for is set: shows that the test detects a lost value. */
  @JCStressTest
  @Outcome(
      id = {"1, 0, 0", "0, 1, 0"},
      expect = Expect.ACCEPTABLE,
      desc = "The value is in one place.")
  @Outcome(
      id = "0, 0, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The lost value that LimitedFuture must not have.")
  @State
  public static class BrokenLateValueArrivesOnce {
    private final AtomicInteger end = new AtomicInteger();
    private volatile boolean expired;

    @Actor
    public void end(III_Result result) {
      if (end.compareAndSet(0, 1)) {
        result.r1 = 1;
      } else if (expired) {
        result.r2 = 1;
      }
    }

    @Actor
    public void expire() {
      if (end.compareAndSet(0, 2)) {
        expired = true;
      }
    }
  }
}
