package io.aragora.resilience.time;

/** What a runtime does when time passes. The {@link TimeSource} calls it, never by two threads at once. */
public interface TimeDriver {
  /**
   * Takes in what was handed over and does what is due.
   *
   * @param nowNanos the time of the source
   * @return when the next thing is due, in nanoseconds of {@link TimeSource#nanoTime}; {@link TimeSource#NEVER} where nothing
   *     is
   */
  long advanceTo(long nowNanos);

  /**
   * Tells whether something was handed over since the last {@link #advanceTo}. A source that is about to sleep announces
   * its wake-up time first and asks this last, so that no hand-over is lost between.
   *
   * @return whether to call {@link #advanceTo} again before sleeping
   */
  boolean hasHandOver();
}
