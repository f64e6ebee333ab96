package io.aragora.resilience.circuitbreaker;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a breaker is in its state: which rule fired, on which counts, and when it will let a call through again. {@link
 * #toString()} says it in a sentence or two.
 *
 * @param breaker the breaker's name
 * @param state the state at this instant
 * @param cause why
 * @param sequence the number of the transition into this state; 0 before the first
 * @param since when the state was entered
 * @param evidence what the rule that fired saw; null where no rule led here
 * @param nextProbe how long until a call may be admitted as a probe: zero where one may be now, null where no time will
 *     help or every call is admitted anyway
 * @param config the settings in force
 */
public record CircuitBreakerExplanation(
    String breaker,
    CircuitBreakerState state,
    TransitionCause cause,
    long sequence,
    Instant since,
    @Nullable Evidence evidence,
    @Nullable Duration nextProbe,
    CircuitBreakerConfig config) {

  /**
   * The counts that a rule fired on.
   *
   * @param calls calls in the window, with those under way that were slow already
   * @param failures failures in the window
   * @param slowCalls slow calls in the window, with those under way that were slow already
   * @param slowCallsInFlight calls under way that were slow already
   * @param consecutiveFailures failures since the last success
   */
  public record Evidence(
      long calls, long failures, long slowCalls, long slowCallsInFlight, int consecutiveFailures) {

    /**
     * Gives the share of failures.
     *
     * @return percent, 0 to 100; 0 where there were no calls
     */
    public double failureRate() {
      return calls == 0 ? 0 : 100.0 * failures / calls;
    }

    /**
     * Gives the share of slow calls.
     *
     * @return percent, 0 to 100; 0 where there were no calls
     */
    public double slowCallRate() {
      return calls == 0 ? 0 : 100.0 * slowCalls / calls;
    }
  }

  @Override
  public String toString() {
    return "breaker '" + breaker + "' is " + state.text() + " since " + since + ": " + reason()
        + next();
  }

  private String reason() {
    Evidence seen = evidence;
    String reason = cause.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    if (seen == null) {
      return reason;
    }
    return switch (cause) {
      case FAILURE_THRESHOLD ->
        seen.consecutiveFailures() + " failures in a row reached failureThreshold "
            + config.failureThreshold();
      case FAILURE_RATE ->
        share(seen.failures(), seen.calls(), "failed", seen.failureRate())
            + ", failureRateThreshold is " + config.failureRateThreshold() + " %";
      case SLOW_CALL_RATE ->
        share(seen.slowCalls(), seen.calls(), "were slow", seen.slowCallRate())
            + ", " + seen.slowCallsInFlight()
            + " of them still under way; slowCallRateThreshold is "
            + config.slowCallRateThreshold() + " %";
      default -> reason;
    };
  }

  private static String share(long part, long calls, String did, double percent) {
    return String.format(Locale.ROOT, "%d of %d calls %s (%.1f %%)", part, calls, did, percent);
  }

  private String next() {
    Duration wait = nextProbe;
    if (wait == null) {
      return "";
    }
    return wait.isZero()
        ? "; the next call may be a probe"
        : String.format(Locale.ROOT, "; next probe in %.1f s", wait.toNanos() / 1e9);
  }
}
