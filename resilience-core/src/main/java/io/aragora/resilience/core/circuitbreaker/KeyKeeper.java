package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.persistence.SavedBreaker;

/** Keeps the breakers of keys where a runtime keeps its breakers, and knows beside it which of them are not closed. */
record KeyKeeper(BreakerKeeper keeper, ImpairedKeys impaired) implements BreakerKeeper {
  @Override
  public void made(CircuitBreakerStateMachine breaker) {
    keeper.made(breaker);
  }

  @Override
  public void changed(CircuitBreakerStateMachine breaker) {
    keeper.changed(breaker);
    impaired.changed((KeyBreaker) breaker);
  }

  @Override
  public boolean isWaiting(SavedBreaker.Id id) {
    return keeper.isWaiting(id);
  }
}
