package io.aragora.resilience.hedge;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Lifetime counts of a hedge. Immutable and thread-safe. */
public final class HedgeTotals {
  private final long first;
  private final long hedge;
  private final long failed;
  private final long cancelled;
  private final long won;
  private final long wonLate;
  private final long lost;
  private final long hedgesFailed;
  private final long rejected;
  private final long outOfBudget;

  private HedgeTotals(Builder builder) {
    first = builder.first;
    hedge = builder.hedge;
    failed = builder.failed;
    cancelled = builder.cancelled;
    won = builder.won;
    wonLate = builder.wonLate;
    lost = builder.lost;
    hedgesFailed = builder.hedgesFailed;
    rejected = builder.rejected;
    outOfBudget = builder.outOfBudget;
  }

  /** {@return a new builder} */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls that ended with the result of their first attempt} */
  public long first() {
    return first;
  }

  /** {@return the number of calls that ended with the result of a hedge} */
  public long hedge() {
    return hedge;
  }

  /** {@return the number of calls that failed, because the failure was not to be hedged or no attempt succeeded} */
  public long failed() {
    return failed;
  }

  /** {@return the number of calls that were completed from outside: by the caller, by a deadline, or by closing the runtime} */
  public long cancelled() {
    return cancelled;
  }

  /** {@return the number of hedges whose result became that of their call} */
  public long won() {
    return won;
  }

  /**
   * {@return the number of hedges among {@link #won()} whose result waited for the first attempt of a synchronous call,
   * which went on after its interrupt}
   */
  public long wonLate() {
    return wonLate;
  }

  /** {@return the number of hedges that were cancelled, or ended after their call} */
  public long lost() {
    return lost;
  }

  /** {@return the number of hedges that failed while their call was under way} */
  public long hedgesFailed() {
    return hedgesFailed;
  }

  /** {@return the number of hedges that a policy inside or the executor rejected} */
  public long rejected() {
    return rejected;
  }

  /** {@return the number of hedges that were due while the budget had no token, and did not start} */
  public long outOfBudget() {
    return outOfBudget;
  }

  /** {@return the number of hedges that have ended} */
  public long hedges() {
    return won + lost + hedgesFailed + rejected;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof HedgeTotals that
        && first == that.first
        && hedge == that.hedge
        && failed == that.failed
        && cancelled == that.cancelled
        && won == that.won
        && wonLate == that.wonLate
        && lost == that.lost
        && hedgesFailed == that.hedgesFailed
        && rejected == that.rejected
        && outOfBudget == that.outOfBudget;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        first, hedge, failed, cancelled, won, wonLate, lost, hedgesFailed, rejected, outOfBudget);
  }

  @Override
  public String toString() {
    return "HedgeTotals[first=" + first
        + ", hedge=" + hedge
        + ", failed=" + failed
        + ", cancelled=" + cancelled
        + ", won=" + won
        + ", wonLate=" + wonLate
        + ", lost=" + lost
        + ", hedgesFailed=" + hedgesFailed
        + ", rejected=" + rejected
        + ", outOfBudget=" + outOfBudget
        + "]";
  }

  /** Builds a {@link HedgeTotals}. Not thread-safe. */
  public static final class Builder {
    private long first;
    private long hedge;
    private long failed;
    private long cancelled;
    private long won;
    private long wonLate;
    private long lost;
    private long hedgesFailed;
    private long rejected;
    private long outOfBudget;

    private Builder() {}

    /** Sets {@link HedgeTotals#first()}. Default 0. */
    public Builder first(long count) {
      first = count;
      return this;
    }

    /** Sets {@link HedgeTotals#hedge()}. Default 0. */
    public Builder hedge(long count) {
      hedge = count;
      return this;
    }

    /** Sets {@link HedgeTotals#failed()}. Default 0. */
    public Builder failed(long count) {
      failed = count;
      return this;
    }

    /** Sets {@link HedgeTotals#cancelled()}. Default 0. */
    public Builder cancelled(long count) {
      cancelled = count;
      return this;
    }

    /** Sets {@link HedgeTotals#won()}. Default 0. */
    public Builder won(long count) {
      won = count;
      return this;
    }

    /** Sets {@link HedgeTotals#wonLate()}. Default 0. */
    public Builder wonLate(long count) {
      wonLate = count;
      return this;
    }

    /** Sets {@link HedgeTotals#lost()}. Default 0. */
    public Builder lost(long count) {
      lost = count;
      return this;
    }

    /** Sets {@link HedgeTotals#hedgesFailed()}. Default 0. */
    public Builder hedgesFailed(long count) {
      hedgesFailed = count;
      return this;
    }

    /** Sets {@link HedgeTotals#rejected()}. Default 0. */
    public Builder rejected(long count) {
      rejected = count;
      return this;
    }

    /** Sets {@link HedgeTotals#outOfBudget()}. Default 0. */
    public Builder outOfBudget(long count) {
      outOfBudget = count;
      return this;
    }

    /** {@return the totals} */
    public HedgeTotals build() {
      return new HedgeTotals(this);
    }
  }
}
