package io.aragora.resilience.retry;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lifetime counts of a retry. Immutable and thread-safe.
 */
public final class RetryTotals {
  private final long succeededAtOnce;
  private final long succeededAfterRetry;
  private final long exhausted;
  private final long outOfBudget;
  private final long notRetried;
  private final long retries;

  private RetryTotals(Builder builder) {
    this.succeededAtOnce = builder.succeededAtOnce;
    this.succeededAfterRetry = builder.succeededAfterRetry;
    this.exhausted = builder.exhausted;
    this.outOfBudget = builder.outOfBudget;
    this.notRetried = builder.notRetried;
    this.retries = builder.retries;
  }

  /**
   * Creates a builder.
   *
   * @return a new builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /** {@return the number of calls whose first attempt succeeded} */
  public long succeededAtOnce() {
    return succeededAtOnce;
  }

  /** {@return the number of calls whose later attempt succeeded} */
  public long succeededAfterRetry() {
    return succeededAfterRetry;
  }

  /** {@return the number of calls that failed because attempts, time or budget were used up} */
  public long exhausted() {
    return exhausted;
  }

  /** {@return the number of exhausted calls that had attempts and time left, but no budget} */
  public long outOfBudget() {
    return outOfBudget;
  }

  /** {@return the number of calls that ended with a failure that is not retried} */
  public long notRetried() {
    return notRetried;
  }

  /** {@return the number of attempts beyond the first of each call} */
  public long retries() {
    return retries;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetryTotals that
        && succeededAtOnce == that.succeededAtOnce
        && succeededAfterRetry == that.succeededAfterRetry
        && exhausted == that.exhausted
        && outOfBudget == that.outOfBudget
        && notRetried == that.notRetried
        && retries == that.retries;
  }

  @Override
  public int hashCode() {
    return Objects.hash(
        succeededAtOnce, succeededAfterRetry, exhausted, outOfBudget, notRetried, retries);
  }

  @Override
  public String toString() {
    return "RetryTotals[succeededAtOnce=" + succeededAtOnce + ", succeededAfterRetry="
        + succeededAfterRetry + ", exhausted=" + exhausted + ", outOfBudget=" + outOfBudget
        + ", notRetried=" + notRetried + ", retries=" + retries + "]";
  }

  /** Builds a {@link RetryTotals}. Not thread-safe. */
  public static final class Builder {
    private long succeededAtOnce;
    private long succeededAfterRetry;
    private long exhausted;
    private long outOfBudget;
    private long notRetried;
    private long retries;

    private Builder() {}

    /**
     * Sets {@link RetryTotals#succeededAtOnce()}. Default 0.
     *
     * @param succeededAtOnce the number of calls whose first attempt succeeded
     * @return this builder
     */
    public Builder succeededAtOnce(long succeededAtOnce) {
      this.succeededAtOnce = succeededAtOnce;
      return this;
    }

    /**
     * Sets {@link RetryTotals#succeededAfterRetry()}. Default 0.
     *
     * @param succeededAfterRetry the number of calls whose later attempt succeeded
     * @return this builder
     */
    public Builder succeededAfterRetry(long succeededAfterRetry) {
      this.succeededAfterRetry = succeededAfterRetry;
      return this;
    }

    /**
     * Sets {@link RetryTotals#exhausted()}. Default 0.
     *
     * @param exhausted the number of calls that failed because attempts, time or budget were used up
     * @return this builder
     */
    public Builder exhausted(long exhausted) {
      this.exhausted = exhausted;
      return this;
    }

    /**
     * Sets {@link RetryTotals#outOfBudget()}. Default 0.
     *
     * @param outOfBudget the number of exhausted calls that had attempts and time left, but no budget
     * @return this builder
     */
    public Builder outOfBudget(long outOfBudget) {
      this.outOfBudget = outOfBudget;
      return this;
    }

    /**
     * Sets {@link RetryTotals#notRetried()}. Default 0.
     *
     * @param notRetried the number of calls that ended with a failure that is not retried
     * @return this builder
     */
    public Builder notRetried(long notRetried) {
      this.notRetried = notRetried;
      return this;
    }

    /**
     * Sets {@link RetryTotals#retries()}. Default 0.
     *
     * @param retries the number of attempts beyond the first of each call
     * @return this builder
     */
    public Builder retries(long retries) {
      this.retries = retries;
      return this;
    }

    /**
     * Builds the value.
     *
     * @return an immutable object
     */
    public RetryTotals build() {
      return new RetryTotals(this);
    }
  }
}
