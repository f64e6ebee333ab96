package io.aragora.resilience.timeout;

import java.time.Duration;

/**
 * A call took too long.
 *
 * @param timeout the policy's name
 * @param kind how it ended
 * @param limit what the policy allowed
 */
public record TimeoutEvent(String timeout, Kind kind, Duration limit) {
  /** How a call that took too long ended. */
  public enum Kind {
    /** The body was interrupted or cancelled and left. */
    FIRED,
    /** The body did not heed the interrupt and ended by itself, later. */
    LATE
  }
}
