package io.aragora.resilience.time;

/** The timer of a runtime. The {@link TimeSource} calls it, never on two threads at once. */
public interface TimerCallback {
  /**
   * Accepts new tasks and runs those that are due.
   *
   * @param nowNanos the time of the source
   * @return when the next task is due, in nanoseconds of {@link TimeSource#nanoTime}; {@link TimeSource#NEVER} if
   *     there is none
   */
  long advanceTo(long nowNanos);

  /**
   * Returns whether a task arrived since the last {@link #advanceTo}. A source that is about to sleep announces its
   * wake-up time first and asks this last, so that no task is lost between.
   *
   * @return whether to call {@link #advanceTo} again before sleeping
   */
  boolean hasHandOver();
}
