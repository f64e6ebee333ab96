package io.aragora.resilience.persistence;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a breaker across a restart. Instants are of the wall clock of the process that has this in hand, so that the
 * time spent down counts toward a cooldown.
 *
 * @param name the breaker's name, or that of the keyed breaker, up to 10,000 characters of any kind
 * @param key the key in a keyed breaker, of the same kind; null for a breaker without keys. Name and key together identify it
 * @param state the state
 * @param generation the number of that state; 1 for a breaker that never changed
 * @param enteredAt when the state was entered
 * @param openUntil when the cooldown ends; null unless open
 * @param cooldown how long the cooldown is this time, growth and jitter included; zero unless open
 * @param cooldownStep how many times in a row it opened without having closed
 * @param consecutiveFailures failures since the last success
 * @param consecutiveSuccesses successes since the last failure, or since the state was entered
 * @param probeSuccesses probes that succeeded so far; 0 unless half-open
 * @param totals lifetime totals
 * @param slowCalls lifetime total of calls that took too long; they are successes or failures too
 * @param declared the settings it ran with, as {@code CircuitBreakerConfig.toString} shows them
 * @param savedAt when this was written down
 */
public record SavedBreaker(
    String name,
    @Nullable String key,
    CircuitBreakerState state,
    long generation,
    Instant enteredAt,
    @Nullable Instant openUntil,
    Duration cooldown,
    int cooldownStep,
    int consecutiveFailures,
    long consecutiveSuccesses,
    int probeSuccesses,
    CircuitBreakerTotals totals,
    long slowCalls,
    String declared,
    Instant savedAt) {

  /**
   * Gives what identifies the breaker.
   *
   * @return name and key
   */
  public Id id() {
    return new Id(name, key);
  }

  /**
   * Tells whether a store writes this in place of what it has of the same breaker, where it goes by the wall clock: unless that
   * was entered later, or was changed ({@link #generation} above 1) and this never was. What was entered after this was saved
   * comes from a clock that was wrong, and is always replaced.
   *
   * @param present what the store has
   * @return whether it does
   */
  public boolean replaces(SavedBreaker present) {
    return present.enteredAt.isAfter(savedAt)
        || (!present.enteredAt.isAfter(enteredAt) && (generation > 1 || present.generation <= 1));
  }

  /**
   * What identifies a breaker.
   *
   * @param name the breaker's name, or that of the keyed breaker
   * @param key the key; null for a breaker without keys
   */
  public record Id(String name, @Nullable String key) {
    /**
     * Shows it as the breaker is named.
     *
     * @return the name; with a key, the name, a colon, and the key
     */
    @Override
    public String toString() {
      return key == null ? name : name + ":" + key;
    }
  }
}
