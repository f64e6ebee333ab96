package io.aragora.resilience.retry;

import io.aragora.resilience.internal.FailureMessage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Something that a retry did.
 *
 * @param retry the retry's name
 * @param kind what it did
 * @param attempt the attempt that had ended, 1 for the first
 * @param delay how long it waits before the next one; zero where there is none
 * @param failure what the attempt failed with; null where its result was refused
 */
public record RetryEvent(
    String retry,
    Kind kind,
    int attempt,
    Duration delay,
    @Nullable Throwable failure) {
  /** What a retry did. */
  public enum Kind {
    /** It will try again. */
    RETRY,
    /** It gave up: the attempts are used up, or a breaker around it refuses the next one. */
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
}
