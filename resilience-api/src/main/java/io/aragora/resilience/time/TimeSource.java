package io.aragora.resilience.time;

import java.time.Instant;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The time and the random numbers of a runtime. Everything that the library measures, waits for or draws uses one, so a
 * test with its own ({@code ManualTime} in the testing module) runs the shipped timers and windows without waiting.
 *
 * <p>Thread-safe.
 */
public interface TimeSource {
  /** A deadline that is never reached. */
  long NEVER = Long.MAX_VALUE;

  /**
   * Returns the nanoseconds since an origin of this source. Never negative and never decreasing, so two readings may be
   * compared with {@code <}; unrelated to the wall clock.
   *
   * @return nanoseconds
   */
  long nanoTime();

  /**
   * Returns the time of day, which may jump either way. Used for display and saved state, never to measure.
   *
   * @return the instant
   */
  Instant wallTime();

  /**
   * Waits until a time of this source, until the thread is unparked or interrupted, or spuriously: the caller parks in a
   * loop.
   *
   * @param blocker the object that the thread waits for, shown in thread dumps
   * @param deadlineNanos the time of {@link #nanoTime()} to wait for; {@link #NEVER} waits without one
   */
  void parkUntil(Object blocker, long deadlineNanos);

  /**
   * Ends the wait of a thread in {@link #parkUntil}, or the next one if it is not waiting.
   *
   * @param thread the thread
   */
  void unpark(Thread thread);

  /**
   * Draws a random number. A seeded source derives it from the arguments alone, so the order in which operations draw
   * does not matter; another one may ignore them.
   *
   * @param owner the name of the policy that draws
   * @param operation the number of the call within that policy
   * @param draw the number of the draw within that call
   * @return a number in [0, 1)
   */
  double random(String owner, long operation, int draw);

  /**
   * Returns the executor for the background tasks of the runtime. A source that replays needs a single thread.
   *
   * @return the executor, or null to let the runtime use its own
   */
  @Nullable
  Executor executor();

  /**
   * Registers the timer of a runtime.
   *
   * @param name names the thread, if one is started
   * @param driver the callback of the runtime; never called by two threads at once
   * @return the registration
   */
  TimerRegistration drive(String name, TimerCallback driver);
}
