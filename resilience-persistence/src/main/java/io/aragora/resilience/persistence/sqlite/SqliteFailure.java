package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.persistence.StateStoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.sqlite.SQLiteErrorCode;

/** Translates SQLite's result codes for the operator of the application. */
final class SqliteFailure {
  private SqliteFailure() {}

  static SQLException corrupt(String finding) {
    return new SQLException(finding, null, SQLiteErrorCode.SQLITE_CORRUPT.code);
  }

  static boolean isCorruption(SQLException e) {
    return is(e, SQLiteErrorCode.SQLITE_CORRUPT) || is(e, SQLiteErrorCode.SQLITE_NOTADB);
  }

  static boolean isBusy(SQLException e) {
    return is(e, SQLiteErrorCode.SQLITE_BUSY) || is(e, SQLiteErrorCode.SQLITE_LOCKED);
  }

  static StateStoreException describe(String action, Path file, SQLException e) {
    return new StateStoreException(
        "cannot " + action + " " + file + ": " + e.getMessage() + advice(file, e), e);
  }

  private static String advice(Path file, SQLException e) {
    if (isBusy(e)) {
      return "; another process holds the file; if this lasts, find the process that hangs";
    }
    if (isCorruption(e)) {
      return "; the file is damaged; the next opening will set it aside";
    }
    if (is(e, SQLiteErrorCode.SQLITE_FULL)) {
      return "; the disk is full: free some space, nothing was changed";
    }
    if (is(e, SQLiteErrorCode.SQLITE_READONLY)
        || is(e, SQLiteErrorCode.SQLITE_CANTOPEN)
        || is(e, SQLiteErrorCode.SQLITE_PERM)) {
      return "; let the user of this process write to the folder " + file.getParent()
          + " and the files in it, or let stateStore name another place";
    }
    return "";
  }

  /** The low byte is the kind; the rest, if the driver provides it, is detail. */
  private static boolean is(SQLException e, SQLiteErrorCode code) {
    return (e.getErrorCode() & 0xff) == code.code;
  }
}
