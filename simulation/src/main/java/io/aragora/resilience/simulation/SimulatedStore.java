package io.aragora.resilience.simulation;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The rows of a life, which outlive its processes, and the connections to them, which fail. */
final class SimulatedStore {
  private final Schedule schedule;
  private final Chance chance;
  private final int faultPermille;
  private final Map<SavedBreaker.Id, SavedBreaker> rows = new LinkedHashMap<>();
  private final List<Connection> connections = new ArrayList<>();
  private int openConnections;

  SimulatedStore(Schedule schedule, long seed, int faultPermille) {
    this.schedule = schedule;
    this.chance = new Chance(seed);
    this.faultPermille = faultPermille;
  }

  /** Puts rows that no process of this life has written: of names that exist, with anything in them. */
  void putHostileRows(List<String> names) {
    for (String name : names) {
      if (chance.percent(50)) {
        SavedBreaker row = SavedBreaker.builder(name)
            .state(chance.of(CircuitBreakerState.values()))
            .generation(chance.of(0L, 1L, 1L << 40))
            .enteredAt(chance.of(
                Instant.EPOCH, Instant.parse("2026-01-01T00:00:00Z"), SavedBreaker.LATEST))
            .cooldown(chance.of(Duration.ZERO, Duration.ofSeconds(3), SavedBreaker.MAX_COOLDOWN))
            .consecutiveFailures(chance.of(0, 3, SavedBreaker.MAX_COUNT))
            .declared(chance.of("", "?", "failureThreshold=5"))
            .build();
        rows.put(row.id(), row);
      }
    }
  }

  @Nullable
  SavedBreaker row(String name) {
    for (SavedBreaker row : rows.values()) {
      if (row.name().equals(name) && row.key() == null) {
        return row;
      }
    }
    return null;
  }

  int openConnections() {
    return openConnections;
  }

  StateStore connect() {
    openConnections++;
    Connection connection = new Connection();
    connections.add(connection);
    return connection;
  }

  private void mayFail(String what) throws StateStoreException {
    schedule.foreign();
    if (chance.permille(faultPermille)) {
      if (chance.percent(30)) {
        schedule.trace("the store stalls: " + what);
        schedule.sleep(chance.upTo(Duration.ofSeconds(2).toNanos()));
        return;
      }
      schedule.trace("the store fails: " + what);
      if (chance.percent(30)) {
        throw new Failures.Foreign("simulated: " + what);
      }
      throw new StateStoreException("simulated: " + what, null);
    }
  }

  private final class Connection implements StateStore {
    private boolean closed;
    private @Nullable Consumer<? super SavedBreaker> listener;

    @Override
    public void watch(Consumer<? super SavedBreaker> listener) {
      this.listener = listener;
    }

    private void notifyOthers(SavedBreaker state) {
      for (Connection other : connections) {
        Consumer<? super SavedBreaker> watching = other.listener;
        if (other != this && !other.closed && watching != null && !chance.permille(faultPermille)) {
          watching.accept(state);
        }
      }
    }

    @Override
    public Loaded load() throws StateStoreException {
      mayFail("load");
      return Loaded.of(new ArrayList<>(rows.values()), List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) throws StateStoreException {
      mayFail("save");
      int saved = 0;
      for (SavedBreaker state : states) {
        if (chance.permille(faultPermille / 4)) {
          schedule.trace("the store keeps a part of a batch");
          throw new StateStoreException("simulated: torn batch", null);
        }
        SavedBreaker present = rows.get(state.id());
        if (present == null || state.replaces(present)) {
          rows.put(state.id(), state);
          notifyOthers(state);
          saved++;
        }
      }
      mayFail("answer of save");
      return saved;
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) throws StateStoreException {
      mayFail("purge");
      int before = rows.size();
      rows.values().removeIf(row -> row.savedAt().isBefore(cutOff));
      return before - rows.size();
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        openConnections--;
      }
    }
  }
}
