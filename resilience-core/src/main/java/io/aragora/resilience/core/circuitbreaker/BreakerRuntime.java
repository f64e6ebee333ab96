package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.Listeners;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.time.CoarseClock;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.window.WindowSweeper;
import io.aragora.resilience.time.TimeSource;
import java.util.function.Consumer;

/**
 * What all breakers of a runtime share.
 *
 * @param time the precise clock, wall time and chance
 * @param clock the clock that costs nothing
 * @param timer wakes whoever watches calls under way
 * @param sweeper takes back what idle windows do not need
 * @param dispatcher delivers events
 * @param durations who takes how long calls take
 * @param listeners hear of the changes of every breaker
 * @param onChange called after every change of phase, on the thread of the change: must be quick
 */
public record BreakerRuntime(
    TimeSource time,
    CoarseClock clock,
    Timer timer,
    WindowSweeper sweeper,
    Dispatcher dispatcher,
    DurationRecorders durations,
    Listeners<CircuitBreakerListener> listeners,
    Consumer<CircuitBreakerStateMachine> onChange) {

  /**
   * Makes clock and sweeper, for breakers whose calls nobody times.
   *
   * @param time the precise clock, wall time and chance
   * @param timer wakes
   * @param dispatcher delivers events
   * @param onChange called after every change of phase
   * @return what breakers share
   */
  public static BreakerRuntime of(
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher,
      Consumer<CircuitBreakerStateMachine> onChange) {
    return of(time, timer, dispatcher, new DurationRecorders(() -> {}), onChange);
  }

  /**
   * Makes clock and sweeper.
   *
   * @param time the precise clock, wall time and chance
   * @param timer wakes
   * @param dispatcher delivers events
   * @param durations who takes how long calls take
   * @param onChange called after every change of phase
   * @return what breakers share
   */
  public static BreakerRuntime of(
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher,
      DurationRecorders durations,
      Consumer<CircuitBreakerStateMachine> onChange) {
    CoarseClock clock = new CoarseClock(time, timer);
    return new BreakerRuntime(
        time,
        clock,
        timer,
        new WindowSweeper(time, clock, timer, dispatcher),
        dispatcher,
        durations,
        new Listeners<>(dispatcher.runtime()),
        onChange);
  }
}
