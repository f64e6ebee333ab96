package io.aragora.resilience.persistence;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of a breaker across a restart. Instants are of the wall clock, so that the time spent down counts toward a
 * cooldown.
 *
 * @param name the breaker's name, up to 10,000 characters of any kind
 * @param state the state
 * @param generation the generation of that state; a larger one is newer
 * @param enteredAt when the state was entered
 * @param openUntil when the cooldown ends; null unless open
 * @param cooldown how long the cooldown is this time, growth and jitter included; zero unless open
 * @param cooldownStep how many times in a row it opened without having closed
 * @param consecutiveFailures failures since the last success
 * @param probeSuccesses probes that succeeded so far; 0 unless half-open
 * @param totals lifetime totals
 * @param declared the settings it ran with, as {@code CircuitBreakerConfig.toString} shows them
 * @param savedAt when this was written down
 */
public record SavedBreaker(
    String name,
    CircuitBreakerState state,
    long generation,
    Instant enteredAt,
    @Nullable Instant openUntil,
    Duration cooldown,
    int cooldownStep,
    int consecutiveFailures,
    int probeSuccesses,
    CircuitBreakerTotals totals,
    String declared,
    Instant savedAt) {}
