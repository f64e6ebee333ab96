package io.aragora.resilience.internal;

import java.util.concurrent.RejectedExecutionException;

/** An executor of the application rejected a body, or did not begin it. The dependency was not called, so no breaker counts it. */
public final class RejectedByExecutor extends RejectedExecutionException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the failure of the call.
   *
   * @param thrown the exception of the executor, usually a rejection
   */
  public RejectedByExecutor(Throwable thrown) {
    super(FailureMessage.of(thrown), thrown);
  }

  private RejectedByExecutor(String message) {
    super(message);
  }

  /** {@return why a call reached its deadline whose body was still waiting} */
  public static RejectedByExecutor notBegun() {
    return new RejectedByExecutor("the body had not begun");
  }
}
