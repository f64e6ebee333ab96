package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.Listeners;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.WindowSweeper;
import io.aragora.resilience.time.TimeSource;

/**
 * The parts that all breakers of a runtime share.
 *
 * @param time the precise clock, wall time and chance
 * @param clock the clock that costs nothing
 * @param timer wakes the watches of calls under way
 * @param sweeper takes back what idle windows do not need
 * @param dispatcher delivers events
 * @param durations record how long calls take
 * @param listeners the listeners to the changes of every breaker
 * @param storage keeps their state
 */
public record BreakerRuntime(
    TimeSource time,
    CoarseClock clock,
    Timer timer,
    WindowSweeper sweeper,
    Dispatcher dispatcher,
    DurationRecorders durations,
    Listeners<CircuitBreakerListener> listeners,
    BreakerStorage storage) {

  /**
   * Creates a clock and a sweeper, for breakers whose calls are not timed.
   *
   * @param time the precise clock, wall time and chance
   * @param timer wakes
   * @param dispatcher delivers events
   * @param storage keeps their state
   * @return what breakers share
   */
  public static BreakerRuntime of(
      TimeSource time, Timer timer, Dispatcher dispatcher, BreakerStorage storage) {
    return of(time, timer, dispatcher, new DurationRecorders(() -> {}), storage);
  }

  /**
   * Creates a clock and a sweeper.
   *
   * @param time the precise clock, wall time and chance
   * @param timer wakes
   * @param dispatcher delivers events
   * @param durations record how long calls take
   * @param storage keeps their state
   * @return what breakers share
   */
  public static BreakerRuntime of(
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher,
      DurationRecorders durations,
      BreakerStorage storage) {
    CoarseClock clock = new CoarseClock(time, timer);
    return new BreakerRuntime(
        time,
        clock,
        timer,
        new WindowSweeper(time, clock, timer, dispatcher),
        dispatcher,
        durations,
        new Listeners<>(dispatcher.runtime()),
        storage);
  }

  /** {@return what breakers share that are not registered: they are neither saved nor measured} */
  public BreakerRuntime unregistered() {
    return new BreakerRuntime(
        time,
        clock,
        timer,
        sweeper,
        dispatcher,
        new DurationRecorders(() -> {}),
        listeners,
        BreakerStorage.NONE);
  }

  /** The same with another storage. */
  BreakerRuntime withStorage(BreakerStorage other) {
    return new BreakerRuntime(time, clock, timer, sweeper, dispatcher, durations, listeners, other);
  }
}
