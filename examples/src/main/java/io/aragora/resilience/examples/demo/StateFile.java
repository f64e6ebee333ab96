package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The SQLite file with the breaker's state, alone in its folder. */
final class StateFile {
  private static final String SCHEME = "sqlite";
  private static final String NAME = "state.db";

  private final Path file;

  private StateFile(Path file) {
    this.file = file;
  }

  /** Creates the folder; an existing file is kept. */
  static StateFile in(Path folder) throws IOException {
    Files.createDirectories(folder);
    return new StateFile(folder.resolve(NAME));
  }

  /** Deletes the saved state while the file is closed. */
  void forget() throws IOException {
    for (String suffix : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(file.resolveSibling(NAME + suffix));
    }
  }

  /** Returns the state of an earlier run that ended while its breaker was not closed, as a killed run does. */
  Optional<SavedBreaker> leftBehind() throws StateStoreException {
    return Files.exists(file)
        ? read().stream()
            .filter(row -> row.state() != CircuitBreakerState.CLOSED)
            .findFirst()
        : Optional.empty();
  }

  Path path() {
    return file;
  }

  /** Returns the file as the argument of {@code ResilienceBuilder.stateStore}. */
  String location() {
    return SCHEME + ":" + file;
  }

  /** Reads the saved state without a runtime. */
  List<SavedBreaker> read() throws StateStoreException {
    try (StateStore store = StateStore.open(location())) {
      return store.load().states();
    }
  }
}
