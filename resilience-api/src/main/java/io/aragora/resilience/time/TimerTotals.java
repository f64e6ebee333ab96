package io.aragora.resilience.time;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lifetime counts of the timer of a runtime. The mean lateness is normally one or two milliseconds, which is the resolution
 * of the timer. A larger one means that the timer thread does not get enough processor time. Immutable and thread-safe.
 */
public final class TimerTotals {
  private final long fired;
  private final Duration lateness;

  private TimerTotals(Builder builder) {
    this.fired = builder.fired;
    this.lateness = builder.lateness;
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of timed operations that the timer has run} */
  public long fired() {
    return fired;
  }

  /** {@return the sum of the delays after the deadlines} */
  public Duration lateness() {
    return lateness;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TimerTotals that
        && fired == that.fired
        && lateness.equals(that.lateness);
  }

  @Override
  public int hashCode() {
    return Objects.hash(fired, lateness);
  }

  @Override
  public String toString() {
    return "TimerTotals[fired=" + fired + ", lateness=" + lateness + "]";
  }

  /** Builds a {@link TimerTotals}. Not thread-safe. */
  public static final class Builder {
    private long fired;
    private Duration lateness = Duration.ZERO;

    private Builder() {}

    /** Sets {@link TimerTotals#fired()}. Default 0. */
    public Builder fired(long fired) {
      this.fired = fired;
      return this;
    }

    /** Sets {@link TimerTotals#lateness()}. Default zero. */
    public Builder lateness(Duration lateness) {
      this.lateness = lateness;
      return this;
    }

    /** {@return the value, which is immutable} */
    public TimerTotals build() {
      return new TimerTotals(this);
    }
  }
}
