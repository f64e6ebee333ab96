package io.aragora.resilience.core.persistence;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps state in this object only, also after it was closed, so a test can pass it to one runtime
 * after the other. The number of states is bounded; beyond the bound, the ones saved longest ago
 * are evicted. Thread-safe.
 */
final class MemoryStateStore implements StateStore {
  private static final Comparator<SavedBreaker> ATTENTION_FIRST = Comparator.comparing(
          (SavedBreaker state) -> state.state() == CircuitBreakerState.CLOSED)
      .thenComparing(SavedBreaker::savedAt, Comparator.reverseOrder());

  private final int max;
  private final Map<SavedBreaker.Id, SavedBreaker> states = new HashMap<>();
  private final Map<String, SavedLimiter> limiters = new HashMap<>();

  MemoryStateStore(int max) {
    this.max = max;
  }

  @Override
  public synchronized Loaded load() {
    Loaded.Builder loaded = new Loaded.Builder();
    states.values().stream().sorted(ATTENTION_FIRST).forEach(loaded::add);
    limiters.values().forEach(loaded::add);
    return loaded.build();
  }

  @Override
  public synchronized int save(Collection<SavedBreaker> given) {
    int written = 0;
    for (SavedBreaker state : List.copyOf(given)) {
      SavedBreaker present = states.get(state.id());
      if (present == null || state.replaces(present)) {
        states.put(state.id(), state);
        written++;
      }
    }
    if (states.size() > max) {
      states.values().stream()
          .sorted(Comparator.comparing(SavedBreaker::savedAt))
          .limit(states.size() - max)
          .toList()
          .forEach(oldest -> states.remove(oldest.id()));
    }
    return written;
  }

  @Override
  public synchronized int remove(Collection<SavedBreaker> given) {
    int removed = 0;
    for (SavedBreaker state : List.copyOf(given)) {
      SavedBreaker present = states.get(state.id());
      if (present != null && state.replaces(present)) {
        states.remove(state.id());
        removed++;
      }
    }
    return removed;
  }

  @Override
  public synchronized int purgeSavedBefore(Instant cutOff) {
    int before = states.size() + limiters.size();
    states.values().removeIf(state -> state.savedAt().isBefore(cutOff));
    limiters.values().removeIf(limiter -> limiter.mattersUntil().isBefore(cutOff));
    return before - states.size() - limiters.size();
  }

  @Override
  public boolean savesLimiters() {
    return true;
  }

  /** Beyond the bound of a load, new names are not saved. */
  @Override
  public synchronized void saveLimiters(Collection<SavedLimiter> given) {
    for (SavedLimiter limiter : List.copyOf(given)) {
      SavedLimiter present = limiters.get(limiter.name());
      if (present != null || limiters.size() < Loaded.MAX_LIMITERS) {
        limiters.put(limiter.name(), present == null ? limiter : limiter.over(present));
      }
    }
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "MemoryStateStore";
  }
}
