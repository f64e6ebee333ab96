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
 * A {@link CoreCircuitBreaker} that opens after a failure and closes after a success. Each thread makes one call at a time. It is
 * its own specification. It admits a probe of each thread: with fewer slots, a probe would come between the return of the slot and
 * the closing, which nothing in a sequence can do. (With a threshold of two it would not be: the second failure opens the breaker a moment after it is counted,
 * and a success may come in between.)
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "how", gen = IntGen.class, conf = "0:2")
public class BreakerModel {
  private static final long COOLDOWN = 10_000_000_000L;

  private final TestTime time = new TestTime();
  private final long[] permits = new long[6];
  private final CoreCircuitBreaker breaker = create(time);

  private static CoreCircuitBreaker create(TestTime time) {
    Timer closed = new Timer("model", time);
    closed.close();
    return new CoreCircuitBreaker(
        "model",
        CircuitBreakerConfig.builder()
            .failureThreshold(1)
            .cooldown(Duration.ofNanos(COOLDOWN))
            .halfOpenMaxCalls(6)
            .successThreshold(1)
            .build(),
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
}
