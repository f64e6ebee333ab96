package io.aragora.resilience.bulkhead;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Lifetime counts of a bulkhead. Immutable and thread-safe. */
public final class BulkheadTotals {
  private final long admitted;
  private final long admittedAfterWait;
  private final long rejectedFull;
  private final long rejectedQueueFull;
  private final long rejectedWaited;
  private final long rejectedDeadline;
  private final long cancelled;
  private final long expired;
  private final long strayReleases;

  private BulkheadTotals(Builder builder) {
    admitted = builder.admitted;
    admittedAfterWait = builder.admittedAfterWait;
    rejectedFull = builder.rejectedFull;
    rejectedQueueFull = builder.rejectedQueueFull;
    rejectedWaited = builder.rejectedWaited;
    rejectedDeadline = builder.rejectedDeadline;
    cancelled = builder.cancelled;
    expired = builder.expired;
    strayReleases = builder.strayReleases;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls that were admitted at once} */
  public long admitted() {
    return admitted;
  }

  /** {@return the number of calls that were admitted after they had waited} */
  public long admittedAfterWait() {
    return admittedAfterWait;
  }

  /** {@return the number of calls that were rejected because no permit was free} */
  public long rejectedFull() {
    return rejectedFull;
  }

  /** {@return the number of calls that were rejected because too many waited} */
  public long rejectedQueueFull() {
    return rejectedQueueFull;
  }

  /** {@return the number of calls that were rejected after the longest wait} */
  public long rejectedWaited() {
    return rejectedWaited;
  }

  /** {@return the number of calls that were rejected because of the deadline around them} */
  public long rejectedDeadline() {
    return rejectedDeadline;
  }

  /** {@return the number of calls that were rejected, for any reason} */
  public long rejected() {
    return rejectedFull + rejectedQueueFull + rejectedWaited + rejectedDeadline;
  }

  /** {@return the number of calls that were cancelled, interrupted or closed while they waited} */
  public long cancelled() {
    return cancelled;
  }

  /** {@return the number of permits that were taken over because they were held for too long} */
  public long expired() {
    return expired;
  }

  /** {@return the number of permits that were given back a second time, and ignored} */
  public long strayReleases() {
    return strayReleases;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof BulkheadTotals that
        && admitted == that.admitted
        && admittedAfterWait == that.admittedAfterWait
        && rejectedFull == that.rejectedFull
        && rejectedQueueFull == that.rejectedQueueFull
        && rejectedWaited == that.rejectedWaited
        && rejectedDeadline == that.rejectedDeadline
        && cancelled == that.cancelled
        && expired == that.expired
        && strayReleases == that.strayReleases;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        admitted,
        admittedAfterWait,
        rejectedFull,
        rejectedQueueFull,
        rejectedWaited,
        rejectedDeadline,
        cancelled,
        expired,
        strayReleases);
  }

  @Override
  public String toString() {
    return "BulkheadTotals[admitted=" + admitted
        + ", admittedAfterWait=" + admittedAfterWait
        + ", rejectedFull=" + rejectedFull
        + ", rejectedQueueFull=" + rejectedQueueFull
        + ", rejectedWaited=" + rejectedWaited
        + ", rejectedDeadline=" + rejectedDeadline
        + ", cancelled=" + cancelled
        + ", expired=" + expired
        + ", strayReleases=" + strayReleases
        + "]";
  }

  /** Builds a {@link BulkheadTotals}. Not thread-safe. */
  public static final class Builder {
    private long admitted;
    private long admittedAfterWait;
    private long rejectedFull;
    private long rejectedQueueFull;
    private long rejectedWaited;
    private long rejectedDeadline;
    private long cancelled;
    private long expired;
    private long strayReleases;

    private Builder() {}

    /** Sets {@link BulkheadTotals#admitted()}. Default 0. */
    public Builder admitted(long admitted) {
      this.admitted = admitted;
      return this;
    }

    /** Sets {@link BulkheadTotals#admittedAfterWait()}. Default 0. */
    public Builder admittedAfterWait(long admittedAfterWait) {
      this.admittedAfterWait = admittedAfterWait;
      return this;
    }

    /** Sets {@link BulkheadTotals#rejectedFull()}. Default 0. */
    public Builder rejectedFull(long rejectedFull) {
      this.rejectedFull = rejectedFull;
      return this;
    }

    /** Sets {@link BulkheadTotals#rejectedQueueFull()}. Default 0. */
    public Builder rejectedQueueFull(long rejectedQueueFull) {
      this.rejectedQueueFull = rejectedQueueFull;
      return this;
    }

    /** Sets {@link BulkheadTotals#rejectedWaited()}. Default 0. */
    public Builder rejectedWaited(long rejectedWaited) {
      this.rejectedWaited = rejectedWaited;
      return this;
    }

    /** Sets {@link BulkheadTotals#rejectedDeadline()}. Default 0. */
    public Builder rejectedDeadline(long rejectedDeadline) {
      this.rejectedDeadline = rejectedDeadline;
      return this;
    }

    /** Sets {@link BulkheadTotals#cancelled()}. Default 0. */
    public Builder cancelled(long cancelled) {
      this.cancelled = cancelled;
      return this;
    }

    /** Sets {@link BulkheadTotals#expired()}. Default 0. */
    public Builder expired(long expired) {
      this.expired = expired;
      return this;
    }

    /** Sets {@link BulkheadTotals#strayReleases()}. Default 0. */
    public Builder strayReleases(long strayReleases) {
      this.strayReleases = strayReleases;
      return this;
    }

    /** {@return the value, which is immutable} */
    public BulkheadTotals build() {
      return new BulkheadTotals(this);
    }
  }
}
