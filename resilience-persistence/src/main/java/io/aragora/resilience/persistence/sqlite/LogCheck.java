package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;

/**
 * Checks that what was committed would be found by the next process, and merges only a log that is whole.
 *
 * <p>SQLite reads its log by an index in shared memory. It does not notice that the log is cut off or overwritten: it writes on
 * behind the gap, where no other process finds it, and at the next merging copies the gap into the file. So SQLite does not
 * merge by itself here, neither after a commit nor, if the log is damaged, when it is closed.
 */
final class LogCheck {
  /** SQLite's own default: a log of four megabytes. */
  private static final long FRAMES_BEFORE_MERGING = 1_000;

  /** Another process may begin the log anew between two looks, but not each time. */
  private static final int MAX_LOOKS = 5;

  private final DatabaseFile file;
  private final Connection connection;

  LogCheck(DatabaseFile file, Connection connection) throws SQLException {
    this.file = file;
    this.connection = connection;
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA wal_autocheckpoint = 0");
    }
  }

  /**
   * What SQLite takes the log to be.
   *
   * @param frames how many pages are in it
   * @param merged how many of them are also in the file
   */
  private record Extent(long frames, long merged) {}

  /**
   * Checks the log after a commit, and merges it if it has become long.
   *
   * @param action what was done, for the message
   * @throws StateStoreException if a process that starts now would not find the commit
   */
  void settle(String action) throws SQLException, StateStoreException {
    Extent extent = wholeExtent(action);
    if (extent.frames() - extent.merged() >= FRAMES_BEFORE_MERGING) {
      checkpoint("PASSIVE");
    }
  }

  private Extent wholeExtent(String action) throws SQLException, StateStoreException {
    long found = 0;
    Extent extent = new Extent(0, 0);
    for (int look = 0; look < MAX_LOOKS; look++) {
      extent = checkpoint("NOOP");
      if (extent.merged() >= extent.frames()) {
        return extent;
      }
      found = WriteAheadLog.wholeFrames(file.logPath());
      if (found >= extent.frames()) {
        return extent;
      }
    }
    throw new StateStoreException(
        "cannot " + action + " " + file.path() + ": " + file.logPath()
            + " was cut off or overwritten, and has " + found + " of " + extent.frames()
            + " pages; the others are left out when it is opened the next time",
        null);
  }

  private Extent checkpoint(String mode) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
      return new Extent(row.getLong(2), row.getLong(3));
    }
  }

  /** Closes the connection. A log that is damaged is left as it is: the next process reads what is whole. */
  void close() throws SQLException {
    if (isWhole()) {
      connection.close();
    } else {
      closeUnmerged();
    }
  }

  private boolean isWhole() {
    try {
      wholeExtent("close");
      return true;
    } catch (SQLException | StateStoreException e) {
      return false;
    }
  }

  /** The last connection that is closed merges the log, unless it can only read. */
  private void closeUnmerged() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    try (Connection last = config.createConnection(file.url())) {
      join(last);
      connection.close();
    } finally {
      connection.close();
    }
  }

  /** Makes it a reader of the log, which it stays whether this succeeds or not. */
  private static void join(Connection last) {
    try (Statement statement = last.createStatement()) {
      statement.execute("PRAGMA user_version");
    } catch (SQLException e) {
      // The log is damaged, after all.
      return;
    }
  }
}
