package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The saved states of breakers that do not exist yet. Bounded by a number of states and a number of
 * characters. Each state waits for its breaker and is restored once. Thread-safe.
 */
final class WaitingStates {
  static final int MAX = StateStore.Loaded.MAX_ROWS;

  /** The bound on the characters of names, keys and unusually long settings. */
  private static final long MAX_CHARACTERS = 2L * StateStore.Loaded.MAX_CHARACTERS;

  /** Settings up to this length are not counted; most are shorter, or shared between states. */
  private static final int USUAL_SETTINGS = 1_000;

  private final Map<SavedBreaker.Id, SavedBreaker> states = new ConcurrentHashMap<>();
  private final AtomicLong characters = new AtomicLong();

  /**
   * Adds states in their order. Of several states of one breaker, the first counts. Returns the
   * number that found no room.
   */
  int addAll(List<SavedBreaker> saved) {
    int left = 0;
    for (SavedBreaker state : saved) {
      left += contains(state.id()) || add(state) ? 0 : 1;
    }
    return left;
  }

  /**
   * Adds a state. One of the same breaker that is waiting stays if it is the newer one: a store may
   * report changes late, and in another order. Returns whether there was room.
   */
  boolean add(SavedBreaker state) {
    long more = characters(state);
    while (true) {
      SavedBreaker present = states.get(state.id());
      if (present != null && !state.replaces(present)) {
        return true;
      }
      if ((present == null && states.size() >= MAX) || characters.get() + more > MAX_CHARACTERS) {
        return false;
      }
      if (present == null
          ? states.putIfAbsent(state.id(), state) == null
          : states.replace(state.id(), present, state)) {
        characters.addAndGet(more);
        leave(present);
        return true;
      }
    }
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
  SavedBreaker take(StoredBreaker breaker) {
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
