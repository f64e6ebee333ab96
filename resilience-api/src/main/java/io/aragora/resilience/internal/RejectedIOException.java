package io.aragora.resilience.internal;

import java.io.IOException;

/** A rejection where only an {@link IOException} may be thrown. Policies around the call treat it as its cause, the rejection. */
public final class RejectedIOException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param rejection its cause
   */
  public RejectedIOException(RuntimeException rejection) {
    super(rejection.getMessage(), rejection);
  }
}
