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
    super(messageOf(thrown), thrown);
  }

  private static String messageOf(Throwable thrown) {
    try {
      return String.valueOf(thrown.getMessage());
    } catch (Throwable ignored) {
      return "the executor did not take the call";
    }
  }
}
