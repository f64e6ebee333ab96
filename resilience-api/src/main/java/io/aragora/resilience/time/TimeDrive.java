package io.aragora.resilience.time;

/** A {@link TimeDriver}'s registration with its source. Thread-safe. */
public interface TimeDrive extends AutoCloseable {
  /**
   * Says that something was handed over, to be looked at no later than its deadline. Free of system calls where the
   * source is awake by then anyway.
   *
   * @param deadlineNanos the time of the source
   */
  void wakeBy(long deadlineNanos);

  /**
   * Tells whether the calling thread is the one that drives.
   *
   * @return whether a wait of this thread would be a wait for itself
   */
  boolean isDriving();

  /**
   * Returns how many times the thread that drives failed outside its driver, and went on or was replaced.
   *
   * @return a total; 0 unless the source has a thread of its own
   */
  default long failures() {
    return 0;
  }

  /** Ends the registration and waits for a call of the driver that is under way, unless it is the caller's own. */
  @Override
  void close();
}
