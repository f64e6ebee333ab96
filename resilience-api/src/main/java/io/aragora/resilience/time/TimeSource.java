package io.aragora.resilience.time;

import java.time.Instant;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Time and chance of a runtime. Everything that the library measures, waits for or draws goes through one of these, so that
 * a test which gives its own ({@code ManualTime} in the testing module) runs the shipped timers and windows in no time.
 *
 * <p>Thread-safe.
 */
public interface TimeSource {
  /** A deadline that never comes. */
  long NEVER = Long.MAX_VALUE;

  /**
   * Gives the nanoseconds since an origin of this source. Never negative and never goes back, so that two readings may be
   * compared with {@code <}; unrelated to the wall clock.
   *
   * @return nanoseconds
   */
  long nanoTime();

  /**
   * Gives the time of day, which may jump either way. Used for what is shown and what is saved, never to measure.
   *
   * @return the instant
   */
  Instant wallTime();

  /**
   * Waits until a time of this source, until the thread is unparked or interrupted, or for no reason at all: the caller
   * looks again and parks in a loop.
   *
   * @param blocker what the thread waits for, shown in thread dumps
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
   * Draws a random number. A seeded source makes it depend on the arguments alone, so that the order in which operations
   * draw does not matter; another one may ignore them.
   *
   * @param owner the name of the policy that draws
   * @param operation the number of the call within that policy
   * @param draw the number of the draw within that call
   * @return a number in [0, 1)
   */
  double random(String owner, long operation, int draw);

  /**
   * Gives the executor on which the runtime is to run what it runs in the background, where this source has one: a source
   * that replays needs a single thread.
   *
   * @return the executor, or null to let the runtime use its own
   */
  @Nullable
  Executor executor();

  /**
   * Registers what a runtime does when time passes.
   *
   * @param name names the thread, where one is started
   * @param driver the runtime's side; never called by two threads at once
   * @return the registration
   */
  TimeDrive drive(String name, TimeDriver driver);
}
