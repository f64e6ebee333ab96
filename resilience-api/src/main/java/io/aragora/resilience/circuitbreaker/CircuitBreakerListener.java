package io.aragora.resilience.circuitbreaker;

import java.util.Objects;
import java.util.function.ObjIntConsumer;

/**
 * Hears of a breaker's events, in the background: never on the thread of a call, under no lock. What it throws is logged
 * once and harms nobody.
 */
public interface CircuitBreakerListener {
  /**
   * The state changed. Arrives once for each change, in the order of {@link CircuitBreakerTransition#sequence}.
   *
   * @param transition what changed
   */
  default void onTransition(CircuitBreakerTransition transition) {}

  /**
   * Makes a listener for a system that shows states as numbers.
   *
   * @param consumer hears the breaker's name and the {@link CircuitBreakerState#code} of the state that it has now: 0, 1 or 2
   * @return the listener
   */
  static CircuitBreakerListener ofCodes(ObjIntConsumer<? super String> consumer) {
    Objects.requireNonNull(consumer, "consumer");
    return new CircuitBreakerListener() {
      @Override
      public void onTransition(CircuitBreakerTransition transition) {
        consumer.accept(transition.breaker(), transition.to().code());
      }
    };
  }
}
