package io.aragora.resilience.retry;

import io.aragora.resilience.internal.FailureMessage;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A decision of a retry after an attempt, or the end of a call. Immutable and thread-safe.
 */
public final class RetryEvent {
  private final String retry;
  private final Kind kind;
  private final int attempt;
  private final Duration delay;
  private final @Nullable Throwable failure;
  private final @Nullable Object result;
  private final long call;

  private RetryEvent(Builder builder) {
    this.retry = builder.retry;
    this.kind = builder.kind;
    this.attempt = builder.attempt;
    this.delay = builder.delay;
    this.failure = builder.failure;
    this.result = builder.result;
    this.call = builder.call;
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

  /** {@return the exception of the attempt; null if it succeeded or its result was rejected} */
  public @Nullable Throwable failure() {
    return failure;
  }

  /** {@return the rejected result of the attempt; null if it succeeded, threw an exception or returned null} */
  public @Nullable Object result() {
    return result;
  }

  /**
   * Returns the id of the call. All events of a call have the same id, and no other call of this retry has it.
   *
   * @return a positive number; 0 if no attempt of the call failed
   */
  public long call() {
    return call;
  }

  /** The kind of event. */
  public enum Kind {
    /** It will try again. */
    RETRY,
    /** The first attempt succeeded. */
    SUCCEEDED_AT_ONCE,
    /** A later attempt succeeded. */
    SUCCEEDED_AFTER_RETRY,
    /** It gave up: the attempts are used up. */
    EXHAUSTED,
    /** It gave up: a deadline has passed, or the next attempt would begin after one or after the longest duration. */
    OUT_OF_TIME,
    /** It gave up: the budget has no retry left. */
    OUT_OF_BUDGET,
    /**
     * It gave up: a policy inside rejected the attempt, a breaker around or inside would reject the next one, or the
     * executor for attempts rejected it.
     */
    REJECTED,
    /** It gave up: the backoff has no further delay, or threw. */
    BACKOFF_STOPPED,
    /** It gave up at the first failure, because it is inside another retry. */
    STOOD_DOWN,
    /** It did not try again: {@link RetryConfig#abortIf} matches the failure. */
    ABORTED,
    /** It did not try again: {@link RetryConfig#retryIf} does not match the failure. */
    NOT_RETRIED,
    /** The call was stopped: it was cancelled or interrupted, or a runtime was closed. */
    STOPPED;

    /** {@return whether the call gave up a failure that it would have retried if it could} */
    public boolean isGivenUp() {
      return switch (this) {
        case EXHAUSTED, OUT_OF_TIME, OUT_OF_BUDGET, REJECTED, BACKOFF_STOPPED, STOOD_DOWN -> true;
        default -> false;
      };
    }
  }

  /** Never throws, although the failure may. Leaves out the result, which may be large or secret. */
  @Override
  public String toString() {
    return "RetryEvent[retry=" + retry
        + ", kind=" + kind
        + ", attempt=" + attempt
        + ", delay=" + delay
        + ", failure=" + FailureMessage.textOf(failure)
        + ", call=" + call
        + "]";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RetryEvent that
        && retry.equals(that.retry)
        && kind.equals(that.kind)
        && attempt == that.attempt
        && delay.equals(that.delay)
        && Objects.equals(failure, that.failure)
        && Objects.equals(result, that.result)
        && call == that.call;
  }

  @Override
  public int hashCode() {
    return Objects.hash(retry, kind, attempt, delay, failure, result, call);
  }

  /** Builds a {@link RetryEvent}. Not thread-safe. */
  public static final class Builder {
    private final String retry;
    private final Kind kind;
    private int attempt = 1;
    private Duration delay = Duration.ZERO;
    private @Nullable Throwable failure;
    private @Nullable Object result;
    private long call;

    private Builder(String retry, Kind kind) {
      this.retry = retry;
      this.kind = kind;
    }

    /** Sets {@link RetryEvent#attempt()}. Default 1. */
    public Builder attempt(int attempt) {
      this.attempt = attempt;
      return this;
    }

    /** Sets {@link RetryEvent#delay()}. Default zero. */
    public Builder delay(Duration delay) {
      this.delay = delay;
      return this;
    }

    /** Sets {@link RetryEvent#failure()}. Default none. */
    public Builder failure(@Nullable Throwable failure) {
      this.failure = failure;
      return this;
    }

    /** Sets {@link RetryEvent#result()}. Default none. */
    public Builder result(@Nullable Object result) {
      this.result = result;
      return this;
    }

    /** Sets {@link RetryEvent#call()}. Default 0. */
    public Builder call(long call) {
      this.call = call;
      return this;
    }

    /** {@return the value, which is immutable} */
    public RetryEvent build() {
      return new RetryEvent(this);
    }
  }
}
