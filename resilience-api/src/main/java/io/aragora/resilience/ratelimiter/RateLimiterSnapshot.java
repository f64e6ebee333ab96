package io.aragora.resilience.ratelimiter;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A rate limiter at one instant. Taking a snapshot changes nothing. Immutable and thread-safe.
 */
public final class RateLimiterSnapshot {
  private final String name;
  private final long level;
  private final int limit;
  private final Duration period;
  private final int burst;
  private final int waiting;
  private final Duration nextPermitIn;
  private final Duration pausedFor;
  private final int instances;
  private final boolean alone;

  private RateLimiterSnapshot(Builder builder) {
    this.name = builder.name;
    this.level = builder.level;
    this.limit = builder.limit;
    this.period = builder.period;
    this.burst = builder.burst;
    this.waiting = builder.waiting;
    this.nextPermitIn = builder.nextPermitIn;
    this.pausedFor = builder.pausedFor;
    this.instances = builder.instances;
    this.alone = builder.alone;
  }

  /**
   * Creates a builder.
   *
   * @param name the name of the limiter
   * @return a new builder
   */
  public static Builder builder(String name) {
    return new Builder(name);
  }

  /** {@return the name of the limiter} */
  public String name() {
    return name;
  }

  /** {@return the number of permits that calls could take now; 0 during a pause} */
  public long level() {
    return level;
  }

  /** {@return the number of permits in each period} */
  public int limit() {
    return limit;
  }

  /** {@return the period of the limit} */
  public Duration period() {
    return period;
  }

  /** {@return the largest number of permits that are saved} */
  public int burst() {
    return burst;
  }

  /** {@return the number of calls that wait} */
  public int waiting() {
    return waiting;
  }

  /** {@return the time after which a call of one permit may be admitted; zero if it may be admitted now} */
  public Duration nextPermitIn() {
    return nextPermitIn;
  }

  /** {@return the rest of the pause; zero if there is none} */
  public Duration pausedFor() {
    return pausedFor;
  }

  /** {@return the number of instances that the quota store reported last; 0 if the limiter is not shared or it never did} */
  public int instances() {
    return instances;
  }

  /** {@return whether the limiter is shared and works without the quota store} */
  public boolean isAlone() {
    return alone;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RateLimiterSnapshot that
        && name.equals(that.name)
        && level == that.level
        && limit == that.limit
        && period.equals(that.period)
        && burst == that.burst
        && waiting == that.waiting
        && nextPermitIn.equals(that.nextPermitIn)
        && pausedFor.equals(that.pausedFor)
        && instances == that.instances
        && alone == that.alone;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        name, level, limit, period, burst, waiting, nextPermitIn, pausedFor, instances, alone);
  }

  @Override
  public String toString() {
    return "RateLimiterSnapshot[name=" + name
        + ", level=" + level
        + ", limit=" + limit
        + ", period=" + period
        + ", burst=" + burst
        + ", waiting=" + waiting
        + ", nextPermitIn=" + nextPermitIn
        + ", pausedFor=" + pausedFor
        + ", instances=" + instances
        + ", alone=" + alone
        + "]";
  }

  /** Builds a {@link RateLimiterSnapshot}. Not thread-safe. */
  public static final class Builder {
    private final String name;
    private long level;
    private int limit;
    private Duration period = Duration.ZERO;
    private int burst;
    private int waiting;
    private Duration nextPermitIn = Duration.ZERO;
    private Duration pausedFor = Duration.ZERO;
    private int instances;
    private boolean alone;

    private Builder(String name) {
      this.name = name;
    }

    /** Sets {@link RateLimiterSnapshot#level()}. Default 0. */
    public Builder level(long level) {
      this.level = level;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#limit()}. Default 0. */
    public Builder limit(int limit) {
      this.limit = limit;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#period()}. Default zero. */
    public Builder period(Duration period) {
      this.period = period;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#burst()}. Default 0. */
    public Builder burst(int burst) {
      this.burst = burst;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#waiting()}. Default 0. */
    public Builder waiting(int waiting) {
      this.waiting = waiting;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#nextPermitIn()}. Default zero. */
    public Builder nextPermitIn(Duration nextPermitIn) {
      this.nextPermitIn = nextPermitIn;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#pausedFor()}. Default zero. */
    public Builder pausedFor(Duration pausedFor) {
      this.pausedFor = pausedFor;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#instances()}. Default 0. */
    public Builder instances(int instances) {
      this.instances = instances;
      return this;
    }

    /** Sets {@link RateLimiterSnapshot#isAlone()}. Default false. */
    public Builder alone(boolean alone) {
      this.alone = alone;
      return this;
    }

    /** {@return the value, which is immutable} */
    public RateLimiterSnapshot build() {
      return new RateLimiterSnapshot(this);
    }
  }
}
