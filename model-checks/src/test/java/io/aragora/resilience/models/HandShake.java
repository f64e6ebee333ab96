package io.aragora.resilience.models;

import org.jetbrains.lincheck.Lincheck;

/**
 * A protocol of threads that may park. It fails by an exception, or if no thread can go on.
 *
 * @param type a {@link Runnable} with a constructor without parameters, whose runs share nothing
 */
record HandShake(Class<?> type) {
  /**
   * Runs the hand-shake in many schedules that Lincheck controls.
   *
   * @param checked the type, or its copy with a broken class
   * @param schedules how many
   */
  void checkSchedules(Class<?> checked, int schedules) {
    Lincheck.runConcurrentTest(schedules, create(checked));
  }

  static Runnable create(Class<?> type) {
    try {
      return (Runnable) type.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public String toString() {
    return type.getSimpleName();
  }
}
