package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.TestTime;
import io.aragora.resilience.core.timer.Timer;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;

/**
 * A {@link CoreCircuitBreaker} that opens after a failure and closes after a success. Each thread makes one call at a time. It
 * admits a probe of each thread: with fewer slots, a probe would come between the return of the slot and the closing, which
 * nothing in a sequence can do. (With a threshold of two it would not be linearizable: the second failure opens the breaker a
 * moment after it is counted, and a success may come in between.)
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "how", gen = IntGen.class, conf = "0:2")
public class BreakerModel {
  private static final long COOLDOWN = 10_000_000_000L;

  private final TestTime time = new TestTime();
  private final long[] permits = new long[6];
  private final CoreCircuitBreaker breaker = breaker(
      CircuitBreakerConfig.builder()
          .failureThreshold(1)
          .cooldown(Duration.ofNanos(COOLDOWN))
          .halfOpenMaxCalls(6)
          .halfOpenMaxDuration(Duration.ofHours(8))
          .successThreshold(1)
          .build(),
      time);

  static CoreCircuitBreaker breaker(CircuitBreakerConfig config, TestTime time) {
    Timer closed = new Timer("model", time);
    closed.close();
    return new CoreCircuitBreaker(
        "model",
        config,
        BreakerRuntime.of(time, closed, new Dispatcher("model", time, null), BreakerStorage.NONE));
  }

  /** Returns whether the thread makes a call now. */
  @Operation
  public boolean acquire(@Param(name = "thread") int thread) {
    if (permits[thread] == 0) {
      permits[thread] = breaker.tryAcquirePermit();
    }
    return permits[thread] != 0;
  }

  /** Ends the call of the thread by success, by failure, or without an outcome. */
  @Operation
  public void end(@Param(name = "thread") int thread, @Param(name = "how") int how) {
    long permit = permits[thread];
    permits[thread] = 0;
    if (permit == 0) {
      return;
    }
    switch (how) {
      case 0 -> breaker.recordSuccess(permit);
      case 1 -> breaker.recordFailure(permit, null);
      default -> breaker.releasePermit(permit);
    }
  }

  @Operation
  public int state() {
    return breaker.state().code();
  }

  /** Lets the cooldown pass. */
  @Operation(nonParallelGroup = "clock")
  public void cool() {
    time.set(time.nanoTime() + COOLDOWN);
  }

  /** A state, whose number the permits carry. */
  public static class Specification {
    private static final int CLOSED = 0;
    private static final int OPEN = 1;
    private static final int HALF_OPEN = 2;

    private final int[] permits = new int[6];
    private int state = CLOSED;
    private int generation = 1;
    private boolean isCool;

    public boolean acquire(int thread) {
      if (permits[thread] == 0) {
        if (state() != state) {
          enter(HALF_OPEN);
        }
        permits[thread] = state == OPEN ? 0 : generation;
      }
      return permits[thread] != 0;
    }

    public void end(int thread, int how) {
      int permit = permits[thread];
      permits[thread] = 0;
      if (permit == generation && how == 1) {
        enter(OPEN);
      } else if (permit == generation && how == 0 && state == HALF_OPEN) {
        enter(CLOSED);
      }
    }

    public int state() {
      return state == OPEN && isCool ? HALF_OPEN : state;
    }

    public void cool() {
      isCool = true;
    }

    private void enter(int next) {
      state = next;
      generation++;
      isCool = false;
    }
  }
}
