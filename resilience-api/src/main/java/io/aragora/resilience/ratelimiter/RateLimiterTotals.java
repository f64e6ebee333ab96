package io.aragora.resilience.ratelimiter;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lifetime counts of a rate limiter. Immutable and thread-safe.
 */
public final class RateLimiterTotals {
  private final long admitted;
  private final long admittedAfterWait;
  private final long permits;
  private final long rejectedLimit;
  private final long rejectedQueueFull;
  private final long rejectedDeadline;
  private final long rejectedPaused;
  private final long cancelled;

  private RateLimiterTotals(Builder builder) {
    this.admitted = builder.admitted;
    this.admittedAfterWait = builder.admittedAfterWait;
    this.permits = builder.permits;
    this.rejectedLimit = builder.rejectedLimit;
    this.rejectedQueueFull = builder.rejectedQueueFull;
    this.rejectedDeadline = builder.rejectedDeadline;
    this.rejectedPaused = builder.rejectedPaused;
    this.cancelled = builder.cancelled;
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls that were admitted at once} */
  public long admitted() {
    return admitted;
  }

  /** {@return the number of calls that were admitted after a wait} */
  public long admittedAfterWait() {
    return admittedAfterWait;
  }

  /** {@return the number of permits that calls took} */
  public long permits() {
    return permits;
  }

  /** {@return the number of calls that were rejected because the permits were used up} */
  public long rejectedLimit() {
    return rejectedLimit;
  }

  /** {@return the number of calls that were rejected because too many waited already} */
  public long rejectedQueueFull() {
    return rejectedQueueFull;
  }

  /** {@return the number of calls that were rejected because a wait would have ended after their deadline} */
  public long rejectedDeadline() {
    return rejectedDeadline;
  }

  /** {@return the number of calls that were rejected during a pause} */
  public long rejectedPaused() {
    return rejectedPaused;
  }

  /** {@return the number of calls that were rejected, for any reason} */
  public long rejected() {
    return rejectedLimit + rejectedQueueFull + rejectedDeadline + rejectedPaused;
  }

  /** {@return the number of calls that were cancelled, interrupted or closed while they waited} */
  public long cancelled() {
    return cancelled;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RateLimiterTotals that
        && admitted == that.admitted
        && admittedAfterWait == that.admittedAfterWait
        && permits == that.permits
        && rejectedLimit == that.rejectedLimit
        && rejectedQueueFull == that.rejectedQueueFull
        && rejectedDeadline == that.rejectedDeadline
        && rejectedPaused == that.rejectedPaused
        && cancelled == that.cancelled;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        admitted,
        admittedAfterWait,
        permits,
        rejectedLimit,
        rejectedQueueFull,
        rejectedDeadline,
        rejectedPaused,
        cancelled);
  }

  @Override
  public String toString() {
    return "RateLimiterTotals[admitted=" + admitted
        + ", admittedAfterWait=" + admittedAfterWait
        + ", permits=" + permits
        + ", rejectedLimit=" + rejectedLimit
        + ", rejectedQueueFull=" + rejectedQueueFull
        + ", rejectedDeadline=" + rejectedDeadline
        + ", rejectedPaused=" + rejectedPaused
        + ", cancelled=" + cancelled
        + "]";
  }

  /** Builds a {@link RateLimiterTotals}. Not thread-safe. */
  public static final class Builder {
    private long admitted;
    private long admittedAfterWait;
    private long permits;
    private long rejectedLimit;
    private long rejectedQueueFull;
    private long rejectedDeadline;
    private long rejectedPaused;
    private long cancelled;

    private Builder() {}

    /** Sets {@link RateLimiterTotals#admitted()}. Default 0. */
    public Builder admitted(long admitted) {
      this.admitted = admitted;
      return this;
    }

    /** Sets {@link RateLimiterTotals#admittedAfterWait()}. Default 0. */
    public Builder admittedAfterWait(long admittedAfterWait) {
      this.admittedAfterWait = admittedAfterWait;
      return this;
    }

    /** Sets {@link RateLimiterTotals#permits()}. Default 0. */
    public Builder permits(long permits) {
      this.permits = permits;
      return this;
    }

    /** Sets {@link RateLimiterTotals#rejectedLimit()}. Default 0. */
    public Builder rejectedLimit(long rejectedLimit) {
      this.rejectedLimit = rejectedLimit;
      return this;
    }

    /** Sets {@link RateLimiterTotals#rejectedQueueFull()}. Default 0. */
    public Builder rejectedQueueFull(long rejectedQueueFull) {
      this.rejectedQueueFull = rejectedQueueFull;
      return this;
    }

    /** Sets {@link RateLimiterTotals#rejectedDeadline()}. Default 0. */
    public Builder rejectedDeadline(long rejectedDeadline) {
      this.rejectedDeadline = rejectedDeadline;
      return this;
    }

    /** Sets {@link RateLimiterTotals#rejectedPaused()}. Default 0. */
    public Builder rejectedPaused(long rejectedPaused) {
      this.rejectedPaused = rejectedPaused;
      return this;
    }

    /** Sets {@link RateLimiterTotals#cancelled()}. Default 0. */
    public Builder cancelled(long cancelled) {
      this.cancelled = cancelled;
      return this;
    }

    /** {@return the value, which is immutable} */
    public RateLimiterTotals build() {
      return new RateLimiterTotals(this);
    }
  }
}
