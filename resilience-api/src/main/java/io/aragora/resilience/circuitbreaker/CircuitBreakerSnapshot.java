package io.aragora.resilience.circuitbreaker;

import java.time.Duration;

/**
 * A breaker at one instant. Reading it changes nothing.
 *
 * <p>Counts of the window and totals are sums over cells that go on counting, so a call that ends during the reading may be
 * in one and not yet in the other; within the window there are never more failures than calls.
 *
 * @param name the breaker's name
 * @param state the state; {@link CircuitBreakerState#HALF_OPEN} as soon as the cooldown is over, though the change, and its
 *     event, happen with the next call
 * @param cause why it is in this state
 * @param generation counts the changes of state over the breaker's life, restarts included where state is saved
 * @param transitions counts the changes of state since this breaker was created
 * @param windowCalls calls in the window
 * @param windowFailures failures in the window
 * @param consecutiveFailures failures since the last success
 * @param probesInFlight probes admitted and not yet finished; 0 unless half-open
 * @param probeSuccesses probes that succeeded; 0 unless half-open
 * @param cooldown how long the present open phase lasts, growth and jitter included; zero unless open
 * @param remainingCooldown what is left of it, never negative; zero unless open
 * @param totals lifetime totals
 */
public record CircuitBreakerSnapshot(
    String name,
    CircuitBreakerState state,
    TransitionCause cause,
    long generation,
    long transitions,
    long windowCalls,
    long windowFailures,
    int consecutiveFailures,
    int probesInFlight,
    int probeSuccesses,
    Duration cooldown,
    Duration remainingCooldown,
    CircuitBreakerTotals totals) {

  /**
   * Gives the share of failures in the window.
   *
   * @return percent, 0 to 100; 0 where the window is empty
   */
  public double failureRate() {
    return windowCalls == 0 ? 0 : 100.0 * windowFailures / windowCalls;
  }
}
