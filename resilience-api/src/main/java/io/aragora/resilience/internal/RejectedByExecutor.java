package io.aragora.resilience.internal;

import java.util.concurrent.RejectedExecutionException;

/** Thrown if an executor of the application rejects a body. The dependency was not called, so no breaker counts it. */
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
}
