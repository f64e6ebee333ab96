package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.core.ratelimiter.StoredLimiter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The breakers and rate limiters of a runtime. Thread-safe; breakers that are created or evicted during an iteration
 * may be missed.
 */
public interface LiveBreakers {
  /** An empty set of breakers. */
  LiveBreakers NONE = new LiveBreakers() {
    @Override
    public void each(Consumer<? super StoredBreaker> action) {}

    @Override
    public void eachKey(Consumer<? super StoredBreaker> action) {}

    @Override
    public @Nullable StoredBreaker find(SavedBreaker.Id id) {
      return null;
    }
  };

  /**
   * Calls an action for each breaker without a key.
   *
   * @param action the action
   */
  void each(Consumer<? super StoredBreaker> action);

  /**
   * Calls an action for each breaker of a key; there may be a million.
   *
   * @param action the action
   */
  void eachKey(Consumer<? super StoredBreaker> action);

  /**
   * Calls an action for each rate limiter that was ever to be saved. Default: there is none.
   *
   * @param action the action
   */
  default void eachLimiter(Consumer<? super StoredLimiter> action) {}

  /**
   * Returns a breaker without creating it.
   *
   * @param id its name and key
   * @return the breaker; null if the runtime has none
   */
  @Nullable
  StoredBreaker find(SavedBreaker.Id id);
}
