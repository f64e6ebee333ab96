package io.aragora.resilience.retry;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lifetime counts of the attempts with one number. Immutable and thread-safe.
 */
public final class RetryAttemptTotals {
  private final int attempt;
  private final long succeeded;
  private final long failed;

  private RetryAttemptTotals(Builder builder) {
    this.attempt = builder.attempt;
    this.succeeded = builder.succeeded;
    this.failed = builder.failed;
  }

  /**
   * Creates a builder.
   *
   * @param attempt the number of the attempt
   * @return a new builder
   */
  public static Builder builder(int attempt) {
    return new Builder(attempt);
  }

  /**
   * {@return the number of the attempt; 1 for the first attempt of each call; the last number that is counted separately
   * includes all later ones}
   */
  public int attempt() {
    return attempt;
  }

  /** {@return the number of attempts that succeeded} */
  public long succeeded() {
    return succeeded;
  }

  /** {@return the number of attempts with a failure or a rejected result, with or without a later attempt} */
  public long failed() {
    return failed;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetryAttemptTotals that
        && attempt == that.attempt
        && succeeded == that.succeeded
        && failed == that.failed;
  }

  @Override
  public int hashCode() {
    return Objects.hash(attempt, succeeded, failed);
  }

  @Override
  public String toString() {
    return "RetryAttemptTotals[attempt=" + attempt + ", succeeded=" + succeeded + ", failed="
        + failed + "]";
  }

  /** Builds a {@link RetryAttemptTotals}. Not thread-safe. */
  public static final class Builder {
    private final int attempt;
    private long succeeded;
    private long failed;

    private Builder(int attempt) {
      this.attempt = attempt;
    }

    /** Sets {@link RetryAttemptTotals#succeeded()}. Default 0. */
    public Builder succeeded(long succeeded) {
      this.succeeded = succeeded;
      return this;
    }

    /** Sets {@link RetryAttemptTotals#failed()}. Default 0. */
    public Builder failed(long failed) {
      this.failed = failed;
      return this;
    }

    /** {@return the value, which is immutable} */
    public RetryAttemptTotals build() {
      return new RetryAttemptTotals(this);
    }
  }
}
