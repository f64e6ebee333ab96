package io.aragora.resilience.timeout;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lifetime counts of a timeout. Immutable and thread-safe.
 */
public final class TimeoutTotals {
  private final long inTime;
  private final long fired;
  private final long late;

  private TimeoutTotals(Builder builder) {
    this.inTime = builder.inTime;
    this.fired = builder.fired;
    this.late = builder.late;
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls that ended in time, with a result or a failure} */
  public long inTime() {
    return inTime;
  }

  /** {@return the number of calls that the timeout ended} */
  public long fired() {
    return fired;
  }

  /** {@return the number of calls whose body ended after the deadline because it ignored the interrupt} */
  public long late() {
    return late;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TimeoutTotals that
        && inTime == that.inTime
        && fired == that.fired
        && late == that.late;
  }

  @Override
  public int hashCode() {
    return Objects.hash(inTime, fired, late);
  }

  @Override
  public String toString() {
    return "TimeoutTotals[inTime=" + inTime + ", fired=" + fired + ", late=" + late + "]";
  }

  /** Builds a {@link TimeoutTotals}. Not thread-safe. */
  public static final class Builder {
    private long inTime;
    private long fired;
    private long late;

    private Builder() {}

    /** Sets {@link TimeoutTotals#inTime()}. Default 0. */
    public Builder inTime(long inTime) {
      this.inTime = inTime;
      return this;
    }

    /** Sets {@link TimeoutTotals#fired()}. Default 0. */
    public Builder fired(long fired) {
      this.fired = fired;
      return this;
    }

    /** Sets {@link TimeoutTotals#late()}. Default 0. */
    public Builder late(long late) {
      this.late = late;
      return this;
    }

    /** {@return the value, which is immutable} */
    public TimeoutTotals build() {
      return new TimeoutTotals(this);
    }
  }
}
