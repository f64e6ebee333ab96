package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;

/**
 * Finds out which application a file belongs to, before changing it or the files beside it.
 *
 * <p>SQLite reads the file, because closing another handle of it would drop SQLite's locks (see {@link OpeningLock}).
 * Opened normally, SQLite would create or rewrite {@code -wal} and {@code -shm}. A file without a log is read as
 * immutable. One with a log that SQLite would read is opened with a read-only {@code -shm}: SQLite then indexes the log in memory.
 */
final class FirstLook {
  private FirstLook() {}

  /**
   * Rejects the database of another application or of a newer version. An unreadable file passes: opening decides about it, under SQLite's locks.
   *
   * @param file the file
   * @param timeoutMillis how long to wait for SQLite's locks
   * @throws StateStoreException if the file belongs to another application or version; nothing was changed
   */
  static void rejectForeign(DatabaseFile file, int timeoutMillis) throws StateStoreException {
    if (!file.hasContent()) {
      return;
    }
    boolean logged = WriteAheadLog.isReadable(file.logPath());
    boolean indexMade = logged && file.index().createIfMissing();
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(timeoutMillis);
    try (Connection connection =
        config.createConnection(file.url() + (logged ? "?readonly_shm=1" : "?immutable=1"))) {
      new SchemaMigrator(connection, file.path()).knownVersion();
    } catch (SQLException e) {
      return;
    } catch (StateStoreException e) {
      if (indexMade) {
        file.index().deleteIfEmpty();
      }
      throw e;
    }
  }
}
