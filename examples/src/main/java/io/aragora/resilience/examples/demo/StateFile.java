package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The SQLite file that the breaker's state is kept in, alone in its folder. */
final class StateFile {
  private static final String SCHEME = "sqlite";
  private static final String NAME = "state.db";

  private final Path file;

  private StateFile(Path file) {
    this.file = file;
  }

  /** Makes the folder; what an earlier run left in the file stays. */
  static StateFile in(Path folder) throws IOException {
    Files.createDirectories(folder);
    return new StateFile(folder.resolve(NAME));
  }

  /** Forgets what is saved, while nobody has the file open. */
  void forget() throws IOException {
    for (String suffix : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(file.resolveSibling(NAME + suffix));
    }
  }

  /** Gives what an earlier run left that ended while its breaker was not closed, as a killed one does. */
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

  /** The file as {@code ResilienceBuilder.stateStore} takes it. */
  String location() {
    return SCHEME + ":" + file;
  }

  /** Reads what is saved, past any runtime. */
  List<SavedBreaker> read() throws StateStoreException {
    try (StateStore store = StateStore.open(location())) {
      return store.load().states();
    }
  }
}
