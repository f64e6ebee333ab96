package io.aragora.resilience.core.circuitbreaker;

import io.aragora.resilience.circuitbreaker.SavedBreaker;

/** Keeps the breakers of keys where a runtime keeps its breakers, and knows beside it which of them are not closed. */
record ImpairmentTracking(BreakerStorage storage, ImpairedKeys impaired) implements BreakerStorage {
  @Override
  public void made(StoredBreaker breaker) {
    storage.made(breaker);
  }

  @Override
  public void changed(StoredBreaker breaker) {
    storage.changed(breaker);
    impaired.changed((BreakerOfKey) breaker);
  }

  @Override
  public boolean isWaiting(SavedBreaker.Id id) {
    return storage.isWaiting(id);
  }
}
