package io.aragora.resilience.internal;

import java.util.concurrent.RejectedExecutionException;

/** An executor of the application did not take a body. The dependency was not asked, so no breaker counts it. */
public final class RejectedByExecutor extends RejectedExecutionException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the failure of the call.
   *
   * @param thrown what the executor threw: a rejection for the most part
   */
  public RejectedByExecutor(Throwable thrown) {
    super(FailureMessage.of(thrown), thrown);
  }
}
