package io.aragora.resilience.retry;

import io.aragora.resilience.internal.FailureMessage;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A decision of a retry after an attempt. Immutable and thread-safe.
 */
public final class RetryEvent {
  private final String retry;
  private final Kind kind;
  private final int attempt;
  private final Duration delay;
  private final @Nullable Throwable failure;

  private RetryEvent(Builder builder) {
    this.retry = builder.retry;
    this.kind = builder.kind;
    this.attempt = builder.attempt;
    this.delay = builder.delay;
    this.failure = builder.failure;
  }

  /**
   * Creates a builder.
   *
   * @param retry the name of the retry
   * @param kind the decision
   * @return a new builder
   */
  public static Builder builder(String retry, Kind kind) {
    return new Builder(retry, kind);
  }

  /** {@return the name of the retry} */
  public String retry() {
    return retry;
  }

  /** {@return the decision} */
  public Kind kind() {
    return kind;
  }

  /** {@return the number of the attempt that ended; 1 for the first} */
  public int attempt() {
    return attempt;
  }

  /** {@return the delay before the next attempt; zero if there is none} */
  public Duration delay() {
    return delay;
  }

  /** {@return the exception of the attempt; null if its result was rejected} */
  public @Nullable Throwable failure() {
    return failure;
  }

  /** What a retry did. */
  public enum Kind {
    /** It will try again. */
    RETRY,
    /** It gave up: the attempts are used up, or a breaker around it rejects the next one. */
    EXHAUSTED,
    /** It gave up: the next attempt would begin after a deadline, or after the longest duration of the call. */
    OUT_OF_TIME,
    /** It gave up: the budget has no retry left. */
    OUT_OF_BUDGET,
    /** It did not try again, because it is inside another retry. */
    STOOD_DOWN
  }

  /** Never throws, although the failure may. */
  @Override
  public String toString() {
    return "RetryEvent[retry=" + retry
        + ", kind=" + kind
        + ", attempt=" + attempt
        + ", delay=" + delay
        + ", failure=" + FailureMessage.textOf(failure)
        + "]";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetryEvent that
        && retry.equals(that.retry)
        && kind.equals(that.kind)
        && attempt == that.attempt
        && delay.equals(that.delay)
        && Objects.equals(failure, that.failure);
  }

  @Override
  public int hashCode() {
    return Objects.hash(retry, kind, attempt, delay, failure);
  }

  /** Builds a {@link RetryEvent}. Not thread-safe. */
  public static final class Builder {
    private final String retry;
    private final Kind kind;
    private int attempt = 1;
    private Duration delay = Duration.ZERO;
    private @Nullable Throwable failure;

    private Builder(String retry, Kind kind) {
      this.retry = retry;
      this.kind = kind;
    }

    /**
     * Sets {@link RetryEvent#attempt()}. Default 1.
     *
     * @param attempt the number of the attempt that ended
     * @return this builder
     */
    public Builder attempt(int attempt) {
      this.attempt = attempt;
      return this;
    }

    /**
     * Sets {@link RetryEvent#delay()}. Default zero.
     *
     * @param delay the delay before the next attempt
     * @return this builder
     */
    public Builder delay(Duration delay) {
      this.delay = delay;
      return this;
    }

    /**
     * Sets {@link RetryEvent#failure()}. Default none.
     *
     * @param failure the exception of the attempt; null for none
     * @return this builder
     */
    public Builder failure(@Nullable Throwable failure) {
      this.failure = failure;
      return this;
    }

    /**
     * Builds the value.
     *
     * @return an immutable object
     */
    public RetryEvent build() {
      return new RetryEvent(this);
    }
  }
}
