package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.time.HandDrivenTime;
import io.aragora.resilience.core.timer.Timer;
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

/** The claims of {@link CallsInFlight} and {@link SlowWatch}. */
public class CallsInFlightStress {
  private static final long LIMIT = 12L << 20;
  private static final long LATER = 100 * LIMIT;
  private static final Timer CLOSED = new Timer("stress", new HandDrivenTime());

  static {
    CLOSED.close();
  }

  private static CoarseClock clock() {
    return new CoarseClock(new HandDrivenTime(), CLOSED);
  }

  /** A call ends while another one begins and reuses its bucket: one call remains, and the old bucket's count is zero. */
  @JCStressTest
  @Outcome(
      id = "0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The old call ended, the new one is not slow.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "The old call is still counted, or the new one is not.")
  @State
  public static class EndAgainstRecycling {
    private final CallsInFlight calls = new CallsInFlight(LIMIT);
    private final CoarseClock clock = clock();
    private final long old = calls.begin(1, clock);

    @Actor
    public void end() {
      calls.end(old);
    }

    @Actor
    public void begin() {
      calls.begin(1 + (16L << 20), clock);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = (int) calls.slow(1 + (16L << 20));
      result.r2 = (int) calls.slow(LATER);
    }
  }

  /** An end that reads the bucket and then subtracts: shows that the test detects a call that is counted for ever. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "The new call.")
  @Outcome(
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The count that calls in flight must not have.")
  @State
  public static class BrokenEndAgainstRecycling {
    private final AtomicInteger ancient = new AtomicInteger();
    private volatile int epoch;
    private volatile int count = 1;

    @Actor
    public void end() {
      if (epoch == 0) {
        count = count - 1;
      } else {
        ancient.decrementAndGet();
      }
    }

    @Actor
    public void begin() {
      ancient.addAndGet(count);
      epoch = 16;
      count = 1;
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = ancient.get() + count;
    }
  }

  /** Calls begin and end at once while the stripes grow: none remains. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "None is left.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A beginning or an end was lost.")
  @State
  public static class BeginsAndEndsCancelOut {
    private final CallsInFlight calls = new CallsInFlight(LIMIT);
    private final CoarseClock clock = clock();

    private void callTwice() {
      long first = calls.begin(1, clock);
      long second = calls.begin(1, clock);
      calls.end(first);
      calls.end(second);
    }

    @Actor
    public void one() {
      callTwice();
    }

    @Actor
    public void other() {
      callTwice();
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = (int) calls.slow(LATER);
      result.r2 = calls.isAny() ? 1 : 0;
    }
  }

  /** A call begins while {@link SlowWatch} parks: it is watched, and opens the breaker if it hangs. */
  @JCStressTest
  @Outcome(
      id = "1",
      expect = Expect.ACCEPTABLE,
      desc = "Watched: it hung, and the breaker is open.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A call hangs unwatched.")
  @State
  public static class NoCallGoesUnwatched {
    private static final long QUARTER = LIMIT / 4;

    private final HandDrivenTime time = new HandDrivenTime();
    private final Timer timer = new Timer("stress", time);
    private final CoreCircuitBreaker breaker = new CoreCircuitBreaker(
        "stress",
        CircuitBreakerConfig.builder()
            .slowCallRateThreshold(50)
            .slowCallDuration(Duration.ofNanos(LIMIT))
            .minimumNumberOfCalls(1)
            .build(),
        BreakerRuntime.of(time, timer, new Dispatcher("stress", time, null), BreakerStorage.NONE));

    public NoCallGoesUnwatched() {
      breaker.callAsync(() -> CompletableFuture.completedFuture(1));
    }

    @Actor
    public void begin() {
      breaker.callAsync(CompletableFuture::new);
    }

    @Actor
    public void fallAsleep() {
      time.set(QUARTER + 2 * HandDrivenTime.TICK);
      timer.advanceTo(QUARTER + 2 * HandDrivenTime.TICK);
    }

    @Arbiter
    public void look(I_Result result) {
      time.set(LATER);
      timer.advanceTo(LATER);
      result.r1 = breaker.snapshot().state().code();
    }
  }

  /** A watch that does not look again: shows that the test detects an unwatched call. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Watched.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that must not go unwatched.")
  @State
  public static class BrokenNoCallGoesUnwatched {
    private volatile int calls;
    private volatile int watching = 1;

    @Actor
    public void begin() {
      calls = 1;
      if (watching == 0) {
        watching = 1;
      }
    }

    @Actor
    public void fallAsleep() {
      if (calls == 0) {
        watching = 0;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = watching;
    }
  }
}
