package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.SavedBreaker;

/** Saves breakers across restarts. Called on the thread that creates or changes a breaker, so it must be quick. */
@FunctionalInterface
public interface BreakerStorage {
  /** Saves nothing. */
  BreakerStorage NONE = new BreakerStorage() {
    @Override
    public void changed(StoredBreaker breaker) {}
  };

  /**
   * Restores a new breaker, before any other thread has it.
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
   * Returns whether something was saved of a breaker that does not exist yet.
   *
   * @param id its name and key
   * @return whether {@link #made} will restore something
   */
  default boolean isWaiting(SavedBreaker.Id id) {
    return false;
  }
}
