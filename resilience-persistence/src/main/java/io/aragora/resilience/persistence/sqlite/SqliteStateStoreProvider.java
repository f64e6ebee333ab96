package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.persistence.StateStoreProvider;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Opens {@code sqlite:<path>}: a file, relative to the working directory or absolute, created with its folders if it is
 * missing, accessible to its owner only. Beside it are {@code -wal} and {@code -shm}, which belong to SQLite, and an
 * empty {@code -lock}, which makes processes open the file one at a time. Thread-safe.
 */
public final class SqliteStateStoreProvider implements StateStoreProvider {
  private static final String PREFIX = "sqlite:";
  private static final int MAX_SHOWN = 300;
  private static final int BUSY_TIMEOUT_MILLIS = 5_000;

  /** For {@link java.util.ServiceLoader}. */
  public SqliteStateStoreProvider() {}

  @Override
  public String scheme() {
    return "sqlite";
  }

  /**
   * Opens the file. A file that is no valid database is renamed to {@code <file>.corrupt-<UTC time>}, never deleted,
   * and a new one is created; a file of a newer version of this library is rejected and left as it is.
   *
   * @param location {@code sqlite:} and a path
   * @return an open store
   * @throws StateStoreException if the store cannot be opened; the message says what to do
   * @throws IllegalArgumentException if {@code location} is not {@code sqlite:} and the path of a file
   */
  @Override
  public StateStore open(String location) throws StateStoreException {
    return SqliteStateStore.open(new DatabaseFile(path(location)), BUSY_TIMEOUT_MILLIS);
  }

  static Path path(String location) {
    if (!location.startsWith(PREFIX)) {
      throw rejected("start with 'sqlite:'", location);
    }
    String path = location.substring(PREFIX.length());
    if (path.isBlank()) {
      throw rejected("name a file after 'sqlite:'", location);
    }
    if (path.startsWith(":memory:") || path.startsWith("file:")) {
      throw rejected("name a file by its path; a database in memory would keep nothing", location);
    }
    if (path.indexOf('?') >= 0) {
      throw rejected("not contain '?', which the driver would take for options", location);
    }
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw rejected("name a file by its path (" + e.getReason() + ")", location);
    }
  }

  private static IllegalArgumentException rejected(String rule, String location) {
    return new IllegalArgumentException(
        "state store location must " + rule + ": '" + OneLine.of(location, MAX_SHOWN) + "'");
  }
}
