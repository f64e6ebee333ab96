package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.persistence.StateStoreException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Migrates a file to the newest schema, version by version, in one transaction. The version is SQLite's {@code
 * user_version}; a new file has 0.
 */
final class SchemaMigrator {
  /** The statements that migrate from version i to i + 1. Published steps never change; a new version is a new step. */
  private static final List<List<String>> STEPS = List.of(
      List.of("""
              CREATE TABLE circuit_breakers (
                name                 TEXT    NOT NULL PRIMARY KEY,
                state                TEXT    NOT NULL,
                generation           INTEGER NOT NULL,
                entered_at_micros    INTEGER NOT NULL,
                open_until_micros    INTEGER,
                cooldown_micros      INTEGER NOT NULL,
                cooldown_step        INTEGER NOT NULL,
                consecutive_failures INTEGER NOT NULL,
                probe_successes      INTEGER NOT NULL,
                successes            INTEGER NOT NULL,
                failures             INTEGER NOT NULL,
                ignored              INTEGER NOT NULL,
                rejected             INTEGER NOT NULL,
                late                 INTEGER NOT NULL,
                declared             TEXT    NOT NULL,
                saved_at_micros      INTEGER NOT NULL
              )""", "CREATE INDEX circuit_breakers_by_save ON circuit_breakers (saved_at_micros)"),
      // Created again, because the key of a keyed breaker becomes part of a row's identity.
      List.of(
          "ALTER TABLE circuit_breakers RENAME TO circuit_breakers_1",
          """
              CREATE TABLE circuit_breakers (
                name                  TEXT    NOT NULL,
                key                   TEXT    NOT NULL,
                state                 TEXT    NOT NULL,
                generation            INTEGER NOT NULL,
                entered_at_micros     INTEGER NOT NULL,
                open_until_micros     INTEGER,
                cooldown_micros       INTEGER NOT NULL,
                cooldown_step         INTEGER NOT NULL,
                consecutive_failures  INTEGER NOT NULL,
                consecutive_successes INTEGER NOT NULL,
                probe_successes       INTEGER NOT NULL,
                successes             INTEGER NOT NULL,
                failures              INTEGER NOT NULL,
                ignored               INTEGER NOT NULL,
                rejected              INTEGER NOT NULL,
                late                  INTEGER NOT NULL,
                slow_calls            INTEGER NOT NULL,
                declared              TEXT    NOT NULL,
                saved_at_micros       INTEGER NOT NULL,
                PRIMARY KEY (name, key)
              )""",
          """
              INSERT INTO circuit_breakers
              SELECT name, '', state, generation, entered_at_micros, open_until_micros, cooldown_micros, cooldown_step,
                consecutive_failures, 0, probe_successes, successes, failures, ignored, rejected, late, 0, declared,
                saved_at_micros
              FROM circuit_breakers_1""",
          "DROP TABLE circuit_breakers_1",
          "CREATE INDEX circuit_breakers_by_save ON circuit_breakers (saved_at_micros)"),
      List.of(
          "ALTER TABLE circuit_breakers ADD COLUMN opened_by_hand INTEGER NOT NULL DEFAULT 0",
          "ALTER TABLE circuit_breakers ADD COLUMN probe_failures INTEGER NOT NULL DEFAULT 0"),
      List.of("""
              CREATE TABLE rate_limiters (
                name                TEXT    NOT NULL PRIMARY KEY,
                declared            TEXT    NOT NULL,
                full_at_micros      INTEGER NOT NULL,
                paused_until_micros INTEGER,
                fill_micros         INTEGER NOT NULL,
                max_pause_micros    INTEGER NOT NULL,
                saved_at_micros     INTEGER NOT NULL
              )"""));

  static final int NEWEST = STEPS.size();

  /** Counts columns that every version has, and that a table of another application is unlikely to have. */
  private static final String OUR_COLUMNS = """
      SELECT count(*) FROM pragma_table_info('circuit_breakers') WHERE name IN ('state', 'generation',
        'entered_at_micros', 'open_until_micros', 'cooldown_micros', 'declared', 'saved_at_micros')""";

  private static final int NUMBER_OF_OUR_COLUMNS = 7;
  private static final int MAX_SHOWN = 100;

  private final Connection connection;
  private final Path file;

  SchemaMigrator(Connection connection, Path file) {
    this.connection = connection;
    this.file = file;
  }

  /**
   * Returns the version of the file. Read-only, so that a rejected file stays as it was.
   *
   * @throws StateStoreException if it belongs to another application, or to a newer version of this library
   */
  int knownVersion() throws SQLException, StateStoreException {
    int version = number("PRAGMA user_version");
    String content = firstContent();
    if (version == 0 && content == null) {
      return 0;
    }
    if (version == 0 || number(OUR_COLUMNS) < NUMBER_OF_OUR_COLUMNS) {
      throw new StateStoreException(
          "cannot use " + file + ": another application keeps "
              + (content == null
                  ? "its user_version " + version
                  : "'" + OneLine.of(content, MAX_SHOWN) + "'")
              + " in it; let stateStore name another file",
          null);
    }
    if (version < 0 || version > NEWEST) {
      throw new StateStoreException(
          "cannot use " + file + ": it has schema version " + version
              + ", and this library knows versions up to " + NEWEST
              + "; update the library, or let stateStore name another file",
          null);
    }
    return version;
  }

  private int number(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.getInt(1);
    }
  }

  private @Nullable String firstContent() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT name FROM sqlite_master LIMIT 1")) {
      return row.next() ? row.getString(1) : null;
    }
  }

  /** Takes the write lock even if no step is needed, which shows at once whether the file is writable. */
  void migrate() throws SQLException, StateStoreException {
    try (WriteTransaction transaction = WriteTransaction.begin(connection);
        Statement statement = connection.createStatement()) {
      // Read under the lock: another process may have migrated since.
      for (int version = knownVersion(); version < NEWEST; version++) {
        for (String sql : STEPS.get(version)) {
          statement.executeUpdate(sql);
        }
        statement.executeUpdate("PRAGMA user_version = " + (version + 1));
      }
      transaction.commit();
    }
  }
}
