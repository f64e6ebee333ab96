package io.aragora.resilience.policy;

import java.time.Duration;

/**
 * The root of the exceptions of calls that a policy rejected. The body did not run. Every circuit breaker around such a
 * call counts neither a success nor a failure, since its dependency was not called. Has no stack trace; the message is
 * built when it is read.
 */
public abstract class CallRejectedException extends ResilienceException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception. Earlier failures may be attached to it. */
  protected CallRejectedException() {
    super("", null, true);
  }

  /** {@return the name of the policy that rejected the call} */
  public abstract String policy();

  /** {@return the kind of that policy, as property names have it: {@code circuitbreaker}, for instance} */
  public abstract String kind();

  /** {@return the time after which a call may be admitted; zero if unknown} */
  public abstract Duration retryAfter();

  @Override
  public abstract String getMessage();
}
