package io.aragora.resilience.circuitbreaker;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A breaker at one instant. Reading it changes nothing.
 *
 * <p>Counts of the window and totals are sums over cells that go on counting, so a call that ends during the reading may be
 * in one and not yet in the other; within the window there are never more failures, or more slow calls, than calls.
 *
 * @param name the breaker's name
 * @param state the state; {@link CircuitBreakerState#HALF_OPEN} as soon as the cooldown is over, though the change, and its
 *     event, happen with the next call
 * @param cause why it is in this state
 * @param generation counts the changes of state over the breaker's life, restarts included where state is saved
 * @param transitions counts the changes of state since this breaker was created
 * @param windowCalls calls in the window
 * @param windowFailures failures in the window
 * @param windowSlowCalls calls in the window that took too long; 0 where no rule asks for it
 * @param slowCallsInFlight calls under way that are slow already; 0 where no rule asks for it
 * @param consecutiveFailures failures since the last success; while open, those that led there
 * @param consecutiveSuccesses successes since the last failure or the last change of state; while half-open, probes that
 *     succeeded
 * @param probesInFlight probes admitted and not yet finished; 0 unless half-open
 * @param probeSuccesses probes that succeeded; 0 unless half-open
 * @param cooldown how long the present open phase lasts, growth and jitter included; zero unless open
 * @param remainingCooldown what is left of it, never negative; zero unless open
 * @param lastFailure when the last failure was counted; null before the first, not kept across a restart
 * @param lastSuccess when the last success was counted, up to a bucket of the window too early; null before the first, not
 *     kept across a restart
 * @param slowCalls calls that took too long, since this breaker was created
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
    long windowSlowCalls,
    long slowCallsInFlight,
    int consecutiveFailures,
    long consecutiveSuccesses,
    int probesInFlight,
    int probeSuccesses,
    Duration cooldown,
    Duration remainingCooldown,
    @Nullable Instant lastFailure,
    @Nullable Instant lastSuccess,
    long slowCalls,
    CircuitBreakerTotals totals) {

  /**
   * Gives the share of failures in the window.
   *
   * @return percent, 0 to 100; 0 where the window is empty
   */
  public double failureRate() {
    return windowCalls == 0 ? 0 : 100.0 * windowFailures / windowCalls;
  }

  /**
   * Gives the share of slow calls among those in the window and those under way that are slow already.
   *
   * @return percent, 0 to 100; 0 where there are none
   */
  public double slowCallRate() {
    long calls = windowCalls + slowCallsInFlight;
    return calls == 0 ? 0 : 100.0 * (windowSlowCalls + slowCallsInFlight) / calls;
  }

  /**
   * Gives the figures that status pages show, by name: {@code state}, {@code failure_count}, {@code success_count}, {@code
   * last_failure_time}, {@code last_success_time}, {@code consecutive_failures}, {@code consecutive_successes}, {@code
   * total_requests}, {@code total_failures} and {@code cooldown_remaining}. Times are seconds since 1970 and the remaining
   * cooldown is in seconds; each is null where there is none. {@code failure_count} and {@code success_count} are those of
   * the window, totals those of the breaker's life.
   *
   * @return ten entries, in this order
   */
  @SuppressWarnings("NullAway") // the values that are null say that there is none
  public Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("state", state.text());
    map.put("failure_count", windowFailures);
    map.put("success_count", windowCalls - windowFailures);
    map.put("last_failure_time", seconds(lastFailure));
    map.put("last_success_time", seconds(lastSuccess));
    map.put("consecutive_failures", consecutiveFailures);
    map.put("consecutive_successes", consecutiveSuccesses);
    map.put("total_requests", totals.successes() + totals.failures());
    map.put("total_failures", totals.failures());
    map.put(
        "cooldown_remaining",
        state == CircuitBreakerState.OPEN ? remainingCooldown.toNanos() / 1e9 : null);
    return map;
  }

  private static @Nullable Double seconds(@Nullable Instant instant) {
    return instant == null ? null : instant.getEpochSecond() + instant.getNano() / 1e9;
  }
}
