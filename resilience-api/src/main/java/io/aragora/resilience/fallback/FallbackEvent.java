package io.aragora.resilience.fallback;

import io.aragora.resilience.internal.FailureMessage;

/**
 * A fallback was asked for a value.
 *
 * @param pipeline the name of its pipeline
 * @param kind how that went
 * @param failure what the call had failed with
 */
public record FallbackEvent(String pipeline, Kind kind, Throwable failure) {
  /** How it went. */
  public enum Kind {
    /** The call has the value of the fallback. */
    USED,
    /** The fallback failed too, and the call with it. */
    FAILED
  }

  /** Never throws, although the failure may. */
  @Override
  public String toString() {
    return "FallbackEvent[pipeline=" + pipeline
        + ", kind=" + kind
        + ", failure=" + FailureMessage.textOf(failure)
        + "]";
  }
}
