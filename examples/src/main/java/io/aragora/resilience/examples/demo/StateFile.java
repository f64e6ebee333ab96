package io.aragora.resilience.examples.demo;

import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The SQLite file that the breaker's state is kept in, alone in its folder. */
final class StateFile {
  private static final String SCHEME = "sqlite";
  private static final String NAME = "state.db";

  private final Path file;

  private StateFile(Path file) {
    this.file = file;
  }

  /** Makes the folder and forgets what an earlier run left in the file. */
  static StateFile fresh(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String suffix : List.of("", "-wal", "-shm")) {
      Files.deleteIfExists(folder.resolve(NAME + suffix));
    }
    return new StateFile(folder.resolve(NAME));
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
