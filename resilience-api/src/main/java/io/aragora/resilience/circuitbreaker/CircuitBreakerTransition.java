package io.aragora.resilience.circuitbreaker;

import java.time.Duration;
import java.time.Instant;

/**
 * One change of a breaker's state. Every change is one event, in order.
 *
 * @param breaker the breaker's name
 * @param sequence counts the changes of this breaker; 1 for the first, no gaps
 * @param from the state before
 * @param to the state after
 * @param cause why
 * @param at the time of day
 * @param cooldown how long {@link CircuitBreakerState#OPEN} lasts this time, growth and jitter included; zero for other
 *     states
 */
public record CircuitBreakerTransition(
    String breaker,
    long sequence,
    CircuitBreakerState from,
    CircuitBreakerState to,
    TransitionCause cause,
    Instant at,
    Duration cooldown) {}
