package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;

/**
 * Finds out whose file it is before anything is changed in it or beside it.
 *
 * <p>SQLite does the reading, because a handle of our own would drop SQLite's locks when it is closed (see {@link OpeningLock}).
 * Opened in the usual way, SQLite would create or rewrite {@code -wal} and {@code -shm}. A file without a log is read as
 * immutable. One with a log that SQLite would read is opened with a read-only {@code -shm}: what is in the log is then indexed in memory.
 */
final class FirstLook {
  private FirstLook() {}

  /**
   * Rejects the database of another application, and that of a newer version. What cannot be read is let pass: opening decides
   * about that, under SQLite's locks.
   *
   * @param file the file
   * @param timeoutMillis how long to wait for SQLite's locks
   * @throws StateStoreException if the file is not ours; nothing was changed
   */
  static void refuseForeign(DatabaseFile file, int timeoutMillis) throws StateStoreException {
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
