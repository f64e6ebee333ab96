package io.aragora.resilience.core.persistence;

import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.persistence.SavedBreaker;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The breakers that a runtime has. Thread-safe; what comes or goes meanwhile may be left out. */
public interface LiveBreakers {
  /** There are none. */
  LiveBreakers NONE = new LiveBreakers() {
    @Override
    public void each(Consumer<? super CircuitBreakerStateMachine> action) {}

    @Override
    public void eachKey(Consumer<? super CircuitBreakerStateMachine> action) {}

    @Override
    public @Nullable CircuitBreakerStateMachine find(SavedBreaker.Id id) {
      return null;
    }
  };

  /**
   * Goes through the breakers without a key.
   *
   * @param action is given each
   */
  void each(Consumer<? super CircuitBreakerStateMachine> action);

  /**
   * Goes through the breakers of keys, of which there may be a million.
   *
   * @param action is given each
   */
  void eachKey(Consumer<? super CircuitBreakerStateMachine> action);

  /**
   * Finds a breaker without making it.
   *
   * @param id its name and key
   * @return the breaker; null where the runtime has none
   */
  @Nullable
  CircuitBreakerStateMachine find(SavedBreaker.Id id);
}
