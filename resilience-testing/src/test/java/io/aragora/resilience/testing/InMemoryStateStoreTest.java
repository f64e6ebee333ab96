package io.aragora.resilience.testing;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Shows that the suite can be passed, and that it runs on the module path. */
class InMemoryStateStoreTest extends StateStoreContract {
  private final Map<SavedBreaker.Id, SavedBreaker> place = new ConcurrentHashMap<>();

  @Override
  protected StateStore open() {
    return new InMemoryStateStore(place);
  }

  private record InMemoryStateStore(Map<SavedBreaker.Id, SavedBreaker> place)
      implements StateStore {
    @Override
    public Loaded load() {
      return Loaded.of(
          place.values().stream()
              .sorted(Comparator.comparing(
                      (SavedBreaker state) -> state.state() == CircuitBreakerState.CLOSED)
                  .thenComparing(SavedBreaker::savedAt, Comparator.reverseOrder()))
              .toList(),
          List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) {
      int written = 0;
      for (SavedBreaker state : List.copyOf(states)) {
        SavedBreaker present = place.get(state.id());
        if (present == null || state.replaces(present)) {
          place.put(state.id(), state);
          written++;
        }
      }
      return written;
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      int before = place.size();
      place.values().removeIf(state -> state.savedAt().isBefore(cutOff));
      return before - place.size();
    }

    @Override
    public void close() {}
  }
}
