package io.aragora.resilience.circuitbreaker;

/**
 * Hears of a breaker's events, in the background: never on the thread of a call, under no lock. What it throws is logged
 * once, counted, and harms nobody.
 */
public interface CircuitBreakerListener {
  /**
   * The state changed. Arrives once for each change, in the order of {@link CircuitBreakerTransition#sequence}.
   *
   * @param transition what changed
   */
  default void onTransition(CircuitBreakerTransition transition) {}
}
