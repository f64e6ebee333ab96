package io.aragora.resilience.core.persistence;

import io.aragora.resilience.core.circuitbreaker.CircuitBreakerStateMachine;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What was saved of breakers that do not exist yet, up to a bound of states and one of characters. Each waits for its breaker and
 * is given to it once. Thread-safe.
 */
final class WaitingStates {
  static final int MAX = StateStore.Loaded.MAX_ROWS;

  /** Of names, keys and unusually long settings. */
  private static final long MAX_CHARACTERS = 2L * StateStore.Loaded.MAX_CHARACTERS;

  /** Settings are shared between states or shorter than this. */
  private static final int USUAL_SETTINGS = 1_000;

  private final Map<SavedBreaker.Id, SavedBreaker> states = new ConcurrentHashMap<>();
  private final AtomicLong characters = new AtomicLong();

  /** Gives how many found no room; those in front come first, and of one breaker the first counts. */
  int addAll(List<SavedBreaker> saved) {
    int left = 0;
    for (SavedBreaker state : saved) {
      left += contains(state.id()) || add(state) ? 0 : 1;
    }
    return left;
  }

  /** Takes the place of what waits of the same breaker. */
  boolean add(SavedBreaker state) {
    long more = characters(state);
    if ((states.size() >= MAX && !contains(state.id()))
        || characters.get() + more > MAX_CHARACTERS) {
      return false;
    }
    characters.addAndGet(more);
    leave(states.put(state.id(), state));
    return true;
  }

  private static long characters(SavedBreaker state) {
    String key = state.key();
    int settings = state.declared().length();
    return (long) state.name().length()
        + (key == null ? 0 : key.length())
        + (settings > USUAL_SETTINGS ? settings : 0);
  }

  private @Nullable SavedBreaker leave(@Nullable SavedBreaker state) {
    if (state != null) {
      characters.addAndGet(-characters(state));
    }
    return state;
  }

  @Nullable
  SavedBreaker take(CircuitBreakerStateMachine breaker) {
    return states.isEmpty() ? null : leave(states.remove(breaker.storedId()));
  }

  boolean contains(SavedBreaker.Id id) {
    return states.containsKey(id);
  }

  void dropSavedBefore(Instant cutOff) {
    states.forEach((id, state) -> {
      if (state.savedAt().isBefore(cutOff) && states.remove(id, state)) {
        leave(state);
      }
    });
  }
}
