package io.aragora.resilience.retry;

import io.aragora.resilience.policy.ResilienceException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A call ended with a rejected result, and {@link RetryConfig.Builder#failOnRetryableResult} is set. Failures of earlier
 * attempts are suppressed in it.
 */
public final class RetryExhaustedException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /** The name of the retry. */
  private final String retry;

  /** The reason why no further attempt followed. */
  private final RetryEvent.Kind kind;

  /** The number of attempts. */
  private final int attempts;

  private final transient @Nullable Object result;

  /**
   * Creates an exception.
   *
   * @param retry the name of the retry
   * @param kind the reason why no further attempt followed
   * @param attempts the number of attempts
   * @param result the rejected result of the last attempt; the message does not show it
   */
  public RetryExhaustedException(
      String retry, RetryEvent.Kind kind, int attempts, @Nullable Object result) {
    super(
        "retry '" + retry + "' ended with a rejected result after " + attempts
            + (attempts == 1 ? " attempt: " : " attempts: ")
            + kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
        null,
        true);
    this.retry = retry;
    this.kind = kind;
    this.attempts = attempts;
    this.result = result;
  }

  /** {@return the name of the retry} */
  public String retry() {
    return retry;
  }

  /** {@return the reason why no further attempt followed} */
  public RetryEvent.Kind kind() {
    return kind;
  }

  /** {@return the number of attempts, the first included} */
  public int attempts() {
    return attempts;
  }

  /** {@return the rejected result of the last attempt, which may be null; null after deserialization} */
  public @Nullable Object result() {
    return result;
  }
}
