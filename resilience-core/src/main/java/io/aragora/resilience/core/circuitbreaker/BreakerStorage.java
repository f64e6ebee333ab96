package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.SavedBreaker;

/** Keeps what breakers are, across restarts. Called by whoever makes or changes a breaker: must be quick. */
@FunctionalInterface
public interface BreakerStorage {
  /** Keeps nothing. */
  BreakerStorage NONE = breaker -> {};

  /**
   * Called for a new breaker before anybody else has it, to give it what was kept.
   *
   * @param breaker the breaker
   */
  default void made(StoredBreaker breaker) {}

  /**
   * Called after every change of phase, on the thread of the change.
   *
   * @param breaker the breaker
   */
  void changed(StoredBreaker breaker);

  /**
   * Tells whether something was kept of a breaker that has not been made yet.
   *
   * @param id its name and key
   * @return whether {@link #made} will have something to give
   */
  default boolean isWaiting(SavedBreaker.Id id) {
    return false;
  }
}
