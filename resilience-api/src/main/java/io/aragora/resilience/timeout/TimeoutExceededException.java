package io.aragora.resilience.timeout;

import io.aragora.resilience.policy.ResilienceException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if a call takes longer than its {@link Timeout} allows. The timeout exceptions of a body are left unchanged, so
 * this one always comes from the policy that it names.
 */
public final class TimeoutExceededException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /** The name of the policy. */
  private final String timeout;

  /** The limit of the policy. */
  private final Duration limit;

  /**
   * Creates the exception.
   *
   * @param timeout the name of the policy
   * @param limit the limit of the policy
   * @param cause the failure of the body after its interrupt; a {@link java.util.concurrent.RejectedExecutionException} if the body
   *     still waited for its executor or its admission; null if the call left the body, or the body ended late by itself
   */
  public TimeoutExceededException(String timeout, Duration limit, @Nullable Throwable cause) {
    super("'" + timeout + "' did not finish within " + limit.toNanos() / 1e9 + " s", cause, true);
    this.timeout = timeout;
    this.limit = limit;
  }

  /** {@return the name of the policy} */
  public String timeout() {
    return timeout;
  }

  /** {@return the limit of the policy} */
  public Duration limit() {
    return limit;
  }
}
