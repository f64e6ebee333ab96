package io.aragora.resilience.core.call;

import java.util.concurrent.CancellationException;

/** Cancels what runs inside a limit that was reached, and says so to the policies on the way. */
public final class DeadlineCancellation extends CancellationException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes the cancellation.
   *
   * @param timeout the name of the limit
   */
  public DeadlineCancellation(String timeout) {
    super("the limit of '" + timeout + "' was reached");
  }
}
