package io.aragora.resilience.time;

/** The registration of a {@link TimerCallback} with its source. Thread-safe. */
public interface TimerRegistration extends AutoCloseable {
  /**
   * Announces a task that the source must process by a deadline. Makes no system call if the source is awake by then.
   *
   * @param deadlineNanos the time of the source
   */
  void wakeBy(long deadlineNanos);

  /** {@return whether the calling thread runs the callback, so that a wait of this thread would be a wait for itself} */
  boolean isDriving();

  /**
   * Returns the number of times that the timer thread failed outside its callback, and went on or was replaced.
   *
   * @return a total; 0 unless the source has a thread of its own
   */
  default long failures() {
    return 0;
  }

  /** Ends the registration and waits for a running call of the callback, unless it is the caller itself. */
  @Override
  void close();
}
