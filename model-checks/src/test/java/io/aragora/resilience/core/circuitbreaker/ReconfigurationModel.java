package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.core.time.TestTime;
import io.aragora.resilience.core.window.WindowCounts;
import io.aragora.resilience.models.Threads;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;

/**
 * Outcomes of a {@link CoreCircuitBreaker} while its settings change, and with them its window. What the operations do meanwhile is
 * not linearizable: a failure that was counted opens the breaker a moment later. So they return nothing, and the end is compared:
 * no outcome is lost or counted twice, a success ends the failures before it, and a transition that is due is made.
 */
@Param(name = "thread", gen = ThreadIdGen.class)
@Param(name = "flag", gen = BooleanGen.class)
public class ReconfigurationModel {
  private static final CircuitBreakerConfig STRICT = CircuitBreakerConfig.builder()
      .failureThreshold(2)
      .successThreshold(1)
      .halfOpenMaxCalls(6)
      .countWindow(20)
      .build();
  private static final CircuitBreakerConfig LENIENT =
      STRICT.toBuilder().failureThreshold(3).successThreshold(2).countWindow(30).build();

  private final long[] permits = new long[6];
  private final AtomicInteger ended = new AtomicInteger();
  private final CoreCircuitBreaker breaker = BreakerModel.breaker(LENIENT, new TestTime());

  /** Begins a call of the thread, if there is none and the breaker admits it. */
  @Operation
  public void begin(@Param(name = "thread") int thread) {
    if (permits[thread] == 0) {
      permits[thread] = breaker.tryAcquirePermit();
    }
  }

  /** Ends the call of the thread. */
  @Operation
  public void end(@Param(name = "thread") int thread, @Param(name = "flag") boolean fails) {
    long permit = permits[thread];
    permits[thread] = 0;
    if (permit != 0) {
      ended.incrementAndGet();
    }
    if (permit != 0 && fails) {
      breaker.recordFailure(permit, null);
    } else if (permit != 0) {
      breaker.recordSuccess(permit);
    }
  }

  @Operation(nonParallelGroup = "operator")
  public void change(@Param(name = "flag") boolean isStrict) {
    breaker.reconfigure(isStrict ? STRICT : LENIENT);
  }

  public void halfOpen() {
    breaker.halfOpen();
  }

  /** Returns the state and what was counted in it. */
  public String read() {
    Phase now = breaker.phase();
    WindowCounts counts = now.counts(0);
    return now.state != CircuitBreakerState.CLOSED
        ? now.state.name()
        : counts.calls() + " calls, " + counts.failures() + " failures, "
            + now.consecutiveFailures() + " consecutive";
  }

  /** Fails if an outcome was lost or counted twice, or a transition that is due was not made. */
  @Validate
  public void validate() {
    Phase now = breaker.phase();
    long counted = breaker.totals().successes() + breaker.totals().failures();
    Threads.check(counted == ended.get(), ended + " calls ended, " + counted + " are counted");
    Threads.check(
        now.state != CircuitBreakerState.CLOSED
            || now.consecutiveFailures() < now.config.failureThreshold(),
        "it is closed with consecutive failures: " + now.consecutiveFailures());
  }

  /** A state, whose number the calls carry, and what was counted in it. */
  public static class Specification {
    private final int[] permits = new int[6];
    private CircuitBreakerState state = CircuitBreakerState.CLOSED;
    private int generation = 1;
    private boolean isStrict;
    private int calls;
    private int failures;
    private int consecutive;

    public void begin(int thread) {
      if (permits[thread] == 0 && state != CircuitBreakerState.OPEN) {
        permits[thread] = generation;
      }
    }

    public void end(int thread, boolean fails) {
      if (permits[thread] == generation) {
        calls++;
        failures += fails ? 1 : 0;
        consecutive = fails ? consecutive + 1 : 0;
        judge();
      }
      permits[thread] = 0;
    }

    public void change(boolean strict) {
      isStrict = strict;
      judge();
    }

    public void halfOpen() {
      enter(CircuitBreakerState.HALF_OPEN);
    }

    public String read() {
      return state != CircuitBreakerState.CLOSED
          ? state.name()
          : calls + " calls, " + failures + " failures, " + consecutive + " consecutive";
    }

    private void judge() {
      if (state == CircuitBreakerState.CLOSED && consecutive >= (isStrict ? 2 : 3)) {
        enter(CircuitBreakerState.OPEN);
      } else if (state == CircuitBreakerState.HALF_OPEN && failures > 0) {
        enter(CircuitBreakerState.OPEN);
      } else if (state == CircuitBreakerState.HALF_OPEN && calls >= (isStrict ? 1 : 2)) {
        enter(CircuitBreakerState.CLOSED);
      }
    }

    private void enter(CircuitBreakerState next) {
      state = next;
      generation++;
      calls = 0;
      failures = 0;
      consecutive = 0;
    }
  }
}
