package io.aragora.resilience;

/** The load of one group of a runtime's threads at one instant. Immutable. */
public final class ThreadLoad {
  private final String group;
  private final int busy;
  private final int waiting;
  private final int bound;
  private final long failures;

  /**
   * Creates a reading.
   *
   * @param group the name of the group
   * @param busy how many of its threads run a task
   * @param waiting how many tasks wait for a thread
   * @param bound the most threads that the group has at a time
   * @param failures how many times a thread failed outside application code, and went on or was replaced
   */
  public ThreadLoad(String group, int busy, int waiting, int bound, long failures) {
    this.group = group;
    this.busy = busy;
    this.waiting = waiting;
    this.bound = bound;
    this.failures = failures;
  }

  /**
   * Returns the name of the group.
   *
   * @return {@code end}, which ends calls; {@code tell}, which tells listeners; {@code interrupt}, which interrupts bodies;
   *     or {@code timer}
   */
  public String group() {
    return group;
  }

  /**
   * Returns how many of the group's threads run a task.
   *
   * @return between 0 and {@link #bound()}, approximately
   */
  public int busy() {
    return busy;
  }

  /**
   * Returns how many tasks wait for a thread.
   *
   * @return 0 unless {@link #bound()} threads are busy, or the machine has no more threads
   */
  public int waiting() {
    return waiting;
  }

  /**
   * Returns the most threads that the group has at a time.
   *
   * @return at least 1
   */
  public int bound() {
    return bound;
  }

  /**
   * Returns how many times a thread of the group failed outside application code. It went on, or was replaced.
   *
   * @return a total since the runtime was built
   */
  public long failures() {
    return failures;
  }

  @Override
  public String toString() {
    return group + ": " + busy + " of " + bound + " threads busy, " + waiting + " tasks waiting, "
        + failures + " failures";
  }
}
