package io.aragora.resilience.circuitbreaker;

/**
 * What a breaker counted over its life; restarts included where state is saved. A reset keeps them.
 *
 * @param successes calls that counted as a success
 * @param failures calls that counted as a failure
 * @param ignored calls that ended without an outcome: released, cancelled, interrupted, or ignored by configuration
 * @param rejected calls that were refused
 * @param late outcomes that decided nothing: those that came when the state that had admitted the call was over, which are
 *     in {@code successes} and {@code failures} too, and those of probes that had lost their place or were complete already,
 *     which are not
 */
public record CircuitBreakerTotals(
    long successes, long failures, long ignored, long rejected, long late) {
  /** Nothing counted. */
  public static final CircuitBreakerTotals ZERO = new CircuitBreakerTotals(0, 0, 0, 0, 0);

  /**
   * Adds up.
   *
   * @param other what to add
   * @return the sums
   */
  public CircuitBreakerTotals plus(CircuitBreakerTotals other) {
    return new CircuitBreakerTotals(
        successes + other.successes,
        failures + other.failures,
        ignored + other.ignored,
        rejected + other.rejected,
        late + other.late);
  }
}
