package com.example.filestore;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds all states in memory and writes the whole file at each save: first to a temporary file, which then replaces the
 * old one, so that a killed process leaves the old or the new file. For one process at a time, and for some thousand
 * breakers. Thread-safe.
 */
final class FileStateStore implements StateStore {
  private static final Comparator<SavedBreaker> ATTENTION_FIRST = Comparator.comparing(
          (SavedBreaker state) -> state.state() == CircuitBreakerState.CLOSED)
      .thenComparing(SavedBreaker::savedAt, Comparator.reverseOrder());

  private final Path file;
  private Map<SavedBreaker.Id, SavedBreaker> states;

  private FileStateStore(Path file, Map<SavedBreaker.Id, SavedBreaker> states) {
    this.file = file;
    this.states = states;
  }

  static FileStateStore open(Path file) throws StateStoreException {
    try {
      return new FileStateStore(file, Files.exists(file) ? read(file) : Map.of());
    } catch (IOException | DateTimeException | IllegalArgumentException e) {
      throw new StateStoreException("cannot read " + file + ": " + e, e);
    }
  }

  private static Map<SavedBreaker.Id, SavedBreaker> read(Path file) throws IOException {
    Map<SavedBreaker.Id, SavedBreaker> states = new LinkedHashMap<>();
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      for (int left = in.readInt(); left > 0; left--) {
        SavedBreaker state = BreakerFormat.read(in);
        states.put(state.id(), state);
      }
    }
    return states;
  }

  @Override
  public synchronized Loaded load() {
    return Loaded.of(states.values().stream().sorted(ATTENTION_FIRST).toList(), List.of());
  }

  @Override
  public synchronized int save(Collection<SavedBreaker> given) throws StateStoreException {
    Map<SavedBreaker.Id, SavedBreaker> next = new LinkedHashMap<>(states);
    int written = 0;
    for (SavedBreaker state : given) {
      SavedBreaker present = next.get(state.id());
      if (present == null || state.replaces(present)) {
        next.put(state.id(), state);
        written++;
      }
    }
    write(next);
    return written;
  }

  @Override
  public synchronized int purgeSavedBefore(Instant cutOff) throws StateStoreException {
    Map<SavedBreaker.Id, SavedBreaker> next = new LinkedHashMap<>(states);
    next.values().removeIf(state -> state.savedAt().isBefore(cutOff));
    int removed = states.size() - next.size();
    write(next);
    return removed;
  }

  private void write(Map<SavedBreaker.Id, SavedBreaker> next) throws StateStoreException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    try {
      try (DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(beside)))) {
        out.writeInt(next.size());
        for (SavedBreaker state : next.values()) {
          BreakerFormat.write(state, out);
        }
      }
      Files.move(beside, file, ATOMIC_MOVE, REPLACE_EXISTING);
    } catch (IOException e) {
      throw new StateStoreException("cannot write " + file + ": " + e, e);
    }
    states = next;
  }

  @Override
  public void close() {}
}
