package io.aragora.resilience.testing;

import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Shows that the suite can be passed, and that it runs on the module path. */
class InMemoryStateStoreTest extends StateStoreContract {
  private final Map<String, SavedBreaker> place = new ConcurrentHashMap<>();

  @Override
  protected StateStore open() {
    return new InMemoryStateStore(place);
  }

  private record InMemoryStateStore(Map<String, SavedBreaker> place) implements StateStore {
    @Override
    public Loaded load() {
      return new Loaded(List.copyOf(place.values()), List.of());
    }

    @Override
    public void save(Collection<SavedBreaker> states) {
      for (SavedBreaker state : List.copyOf(states)) {
        place.merge(
            state.name(), state, (old, now) -> now.generation() >= old.generation() ? now : old);
      }
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
