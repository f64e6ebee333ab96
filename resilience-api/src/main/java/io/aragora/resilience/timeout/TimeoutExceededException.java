package io.aragora.resilience.timeout;

import io.aragora.resilience.ResilienceException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Thrown when a call took longer than its {@link Timeout} allows. A body's own timeout exceptions are left as they are, so
 * this one always means the policy that it names.
 */
public final class TimeoutExceededException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /** The name of the policy. */
  private final String timeout;

  /** What the policy allowed. */
  private final Duration limit;

  /**
   * Creates the exception.
   *
   * @param timeout the name of the policy
   * @param limit what it allowed
   * @param cause what the body ended with when it was interrupted; null where it was left behind, or ended late by itself
   */
  public TimeoutExceededException(String timeout, Duration limit, @Nullable Throwable cause) {
    super("'" + timeout + "' did not finish within " + limit.toNanos() / 1e9 + " s", cause, true);
    this.timeout = timeout;
    this.limit = limit;
  }

  /**
   * Names the policy.
   *
   * @return the name
   */
  public String timeout() {
    return timeout;
  }

  /**
   * Gives what the policy allowed.
   *
   * @return the limit
   */
  public Duration limit() {
    return limit;
  }
}
