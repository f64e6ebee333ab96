package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.sqlite.SQLiteConfig;

/**
 * Checks that the next process would find what was committed, and merges only an undamaged log.
 *
 * <p>SQLite reads its log by an index in shared memory. It does not notice that the log is cut off or overwritten: it
 * continues writing behind the gap, where no other process finds the data, and the next merge copies the gap into the file. So
 * SQLite's automatic merging is off, after a commit and, if the log is damaged, on closing.
 */
final class LogCheck {
  /** SQLite's own default: a log of four megabytes. */
  private static final long FRAMES_BEFORE_MERGING = 1_000;

  /** Another process may restart the log between two checks, but not every time. */
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
   * SQLite's view of the log.
   *
   * @param frames the number of its pages
   * @param merged the number of those that are also in the file
   */
  private record Extent(long frames, long merged) {}

  /**
   * Checks the log after a commit, and merges it if it is long.
   *
   * @param action the action, for the message
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
            + " pages; the next opening will skip the others",
        null);
  }

  private Extent checkpoint(String mode) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
      return new Extent(row.getLong(2), row.getLong(3));
    }
  }

  /** Closes the connection. A damaged log is left as it is: the next process reads its undamaged part. */
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

  /** The last connection to close merges the log, unless it is read-only. */
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

  /** Turns the connection into a reader of the log. It remains one even if this fails. */
  private static void join(Connection last) {
    try (Statement statement = last.createStatement()) {
      statement.execute("PRAGMA user_version");
    } catch (SQLException e) {
      // The log is damaged.
      return;
    }
  }
}
