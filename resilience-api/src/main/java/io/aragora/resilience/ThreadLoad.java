package io.aragora.resilience;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The load of one group of threads of a runtime at one instant. Immutable and thread-safe.
 */
public final class ThreadLoad {
  private final String group;
  private final int busy;
  private final int waiting;
  private final int bound;
  private final long failures;

  private ThreadLoad(Builder builder) {
    this.group = builder.group;
    this.busy = builder.busy;
    this.waiting = builder.waiting;
    this.bound = builder.bound;
    this.failures = builder.failures;
  }

  /**
   * Creates a builder.
   *
   * @param group the name of the group
   * @return a new builder
   */
  public static Builder builder(String group) {
    return new Builder(group);
  }

  /**
   * {@return the name of the group; {@code end}, which ends calls; {@code tell}, which calls listeners; {@code
   * interrupt}, which interrupts bodies; {@code attempt}, which runs further attempts; {@code check}, which runs health checks;
   * {@code store} and {@code quota}, which call the stores; or {@code timer}}
   */
  public String group() {
    return group;
  }

  /** {@return the approximate number of threads that run a task} */
  public int busy() {
    return busy;
  }

  /**
   * {@return the number of tasks that wait for a thread; 0 unless {@link #bound()} threads are busy, or the machine has
   * no more threads}
   */
  public int waiting() {
    return waiting;
  }

  /** {@return the largest number of threads in the group; {@link Integer#MAX_VALUE} for virtual threads} */
  public int bound() {
    return bound;
  }

  /**
   * {@return the number of times a thread failed outside application code, since the runtime was built} Such a thread
   * went on, or was replaced.
   */
  public long failures() {
    return failures;
  }

  @Override
  public String toString() {
    return group + ": " + busy + " of " + bound + " threads busy, " + waiting + " tasks waiting, "
        + failures + " failures";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ThreadLoad that
        && group.equals(that.group)
        && busy == that.busy
        && waiting == that.waiting
        && bound == that.bound
        && failures == that.failures;
  }

  @Override
  public int hashCode() {
    return Objects.hash(group, busy, waiting, bound, failures);
  }

  /** Builds a {@link ThreadLoad}. Not thread-safe. */
  public static final class Builder {
    private final String group;
    private int busy;
    private int waiting;
    private int bound = 1;
    private long failures;

    private Builder(String group) {
      this.group = group;
    }

    /** Sets {@link ThreadLoad#busy()}. Default 0. */
    public Builder busy(int busy) {
      this.busy = busy;
      return this;
    }

    /** Sets {@link ThreadLoad#waiting()}. Default 0. */
    public Builder waiting(int waiting) {
      this.waiting = waiting;
      return this;
    }

    /** Sets {@link ThreadLoad#bound()}. Default 1. */
    public Builder bound(int bound) {
      this.bound = bound;
      return this;
    }

    /** Sets {@link ThreadLoad#failures()}. Default 0. */
    public Builder failures(long failures) {
      this.failures = failures;
      return this;
    }

    /** {@return the value, which is immutable} */
    public ThreadLoad build() {
      return new ThreadLoad(this);
    }
  }
}
