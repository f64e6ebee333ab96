package io.aragora.resilience.core.window;

import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.Operation;

/**
 * A {@link TimeWindow} whose buckets begin anew. What it shows meanwhile may be of different instants; in the end, its totals are
 * exact.
 */
public class TimeWindowModel extends WindowModel {
  /** So long that all buckets are begun anew. */
  private static final long LENGTH = 60_000_000_000L;

  private static final CircuitBreakerConfig RULES = CircuitBreakerConfig.builder()
      .noFailureThreshold()
      .failureRateThreshold(50)
      .window(Duration.ofNanos(LENGTH))
      .build();

  @Override
  OutcomeWindow create() {
    Timer closed = new Timer("model", time);
    closed.close();
    CoarseClock clock = new CoarseClock(time, closed);
    return new TimeWindow(
        RULES,
        1,
        totals,
        new WindowSweeper(time, clock, closed, new Dispatcher("model", time, null)));
  }

  /** Lets the time pass in which all buckets leave the window. */
  @Operation(nonParallelGroup = "clock")
  public void passWindow() {
    time.set(time.nanoTime() + 2 * LENGTH);
  }

  /** Sweeps, which drops the rows of an idle window. */
  @Operation(nonParallelGroup = "clock")
  public void sweep() {
    ((TimeWindow) window).sweep(time.nanoTime());
  }
}
