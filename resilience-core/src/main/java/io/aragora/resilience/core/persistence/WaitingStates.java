package io.aragora.resilience.core.persistence;

import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.persistence.SavedBreaker;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What was saved of breakers that do not exist yet, up to a bound. Each waits for its breaker and is given to it once. */
final class WaitingStates {
  static final int MAX = 100_000;

  private final Map<SavedBreaker.Id, SavedBreaker> states = new ConcurrentHashMap<>();

  /** Gives how many found no room; those in front come first. */
  int addAll(List<SavedBreaker> saved) {
    int left = 0;
    for (SavedBreaker state : saved) {
      left += add(state) ? 0 : 1;
    }
    return left;
  }

  /** Takes the place of what waits of the same breaker. */
  boolean add(SavedBreaker state) {
    if (states.size() >= MAX && !states.containsKey(state.id())) {
      return false;
    }
    states.put(state.id(), state);
    return true;
  }

  @Nullable
  SavedBreaker take(CircuitBreakerStateMachine breaker) {
    return states.isEmpty() ? null : states.remove(breaker.storedId());
  }

  boolean contains(SavedBreaker.Id id) {
    return states.containsKey(id);
  }

  void dropSavedBefore(Instant cutOff) {
    states.values().removeIf(state -> state.savedAt().isBefore(cutOff));
  }
}
