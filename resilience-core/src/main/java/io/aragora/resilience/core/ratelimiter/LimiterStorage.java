package io.aragora.resilience.core.ratelimiter;

/** Saves rate limiters across restarts. Called on the thread that creates or changes a limiter, so it must be quick. */
public interface LimiterStorage {
  /**
   * Restores a limiter and begins to save it.
   *
   * @param limiter the limiter
   * @param isNew whether no other thread has the limiter yet
   */
  void kept(StoredLimiter limiter, boolean isNew);

  /** Called after a change that must not wait for the next look at all levels: of a pause or a config. */
  void limiterChanged();
}
