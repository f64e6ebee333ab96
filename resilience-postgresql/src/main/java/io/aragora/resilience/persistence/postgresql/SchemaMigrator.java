package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Migrates a schema to the newest version, in one transaction. If nothing is missing it only reads, so that a user without the right to
 * create tables can use those that another user created.
 *
 * <p>Any of the tables may have been dropped, that of the versions too. So all steps are made if anything is missing, and each statement
 * changes nothing if it was executed before.
 */
final class SchemaMigrator {
  /** The statements that migrate from version i to i + 1. Published steps never change; a new version is a new step. */
  private static final List<List<String>> STEPS = List.of(
      List.of(
          """
      CREATE TABLE IF NOT EXISTS resilience_schema (
        version    integer     NOT NULL PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now()
      )""",
          // Two thirds full, so that updated rows fit on the same page and no index changes.
          """
      CREATE TABLE IF NOT EXISTS resilience_circuit_breakers (
        id                     bytea  NOT NULL PRIMARY KEY,
        name                   text   NOT NULL,
        key                    text,
        state                  text   NOT NULL,
        generation             bigint NOT NULL,
        entered_at_micros      bigint NOT NULL,
        open_until_micros      bigint,
        cooldown_micros        bigint NOT NULL,
        cooldown_step          bigint NOT NULL,
        consecutive_failures   bigint NOT NULL,
        consecutive_successes  bigint NOT NULL,
        probe_successes        bigint NOT NULL,
        successes              bigint NOT NULL,
        failures               bigint NOT NULL,
        ignored                bigint NOT NULL,
        rejected               bigint NOT NULL,
        late                   bigint NOT NULL,
        slow_calls             bigint NOT NULL,
        declared               text   NOT NULL,
        saved_at_micros        bigint NOT NULL,
        writer                 uuid   NOT NULL,
        clock_offset_micros    bigint NOT NULL,
        transitioned_at_micros bigint NOT NULL,
        changed_in             bigint NOT NULL
      ) WITH (fillfactor = 66)""",
          """
      CREATE INDEX IF NOT EXISTS resilience_circuit_breakers_by_change ON resilience_circuit_breakers (changed_in)"""),
      List.of("""
      ALTER TABLE resilience_circuit_breakers
        ADD COLUMN IF NOT EXISTS opened_by_hand bigint NOT NULL DEFAULT 0,
        ADD COLUMN IF NOT EXISTS probe_failures bigint NOT NULL DEFAULT 0"""),
      List.of("""
      CREATE TABLE IF NOT EXISTS resilience_rate_limiters (
        id                  bytea  NOT NULL PRIMARY KEY,
        name                text   NOT NULL,
        declared            text   NOT NULL,
        full_at_micros      bigint NOT NULL,
        paused_until_micros bigint,
        fill_micros         bigint NOT NULL,
        max_pause_micros    bigint NOT NULL,
        saved_at_micros     bigint NOT NULL,
        clock_offset_micros bigint NOT NULL
      ) WITH (fillfactor = 66)"""),
      // Half full, since the whole fleet updates one row.
      List.of("""
      CREATE TABLE IF NOT EXISTS resilience_quotas (
        id         bytea   NOT NULL PRIMARY KEY,
        quota      text    NOT NULL,
        settings   text    NOT NULL,
        level      numeric NOT NULL,
        granted    integer NOT NULL,
        at_micros  bigint  NOT NULL
      ) WITH (fillfactor = 50)""", """
      CREATE TABLE IF NOT EXISTS resilience_quota_instances (
        id             bytea  NOT NULL,
        instance       uuid   NOT NULL,
        seen_at_micros bigint NOT NULL,
        PRIMARY KEY (id, instance)
      ) WITH (fillfactor = 50)"""),
      // Null in rows that an instance of an older version wrote.
      List.of("""
      ALTER TABLE resilience_quotas ADD COLUMN IF NOT EXISTS full_at_micros bigint"""));

  static final int NEWEST = STEPS.size();

  private static final List<String> TABLES = List.of(
      "resilience_schema",
      "resilience_circuit_breakers",
      "resilience_rate_limiters",
      "resilience_quotas",
      "resilience_quota_instances");

  /** A number that no other application is likely to lock: "resilien" in ASCII. */
  private static final long LOCK = 0x726573696c69656eL;

  private final Connection connection;
  private final DatabaseLocation location;

  /** Creates a migrator for a connection without auto-commit. */
  SchemaMigrator(Connection connection, DatabaseLocation location) {
    this.connection = connection;
    this.location = location;
  }

  void migrate() throws SQLException, StateStoreException {
    try (Statement statement = connection.createStatement()) {
      if (!isComplete(statement)) {
        statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
        // Looked at again under the lock: another instance may have migrated since.
        if (!isComplete(statement)) {
          for (int version = 0; version < NEWEST; version++) {
            for (String sql : STEPS.get(version)) {
              statement.executeUpdate(sql);
            }
            statement.executeUpdate("INSERT INTO resilience_schema (version) VALUES ("
                + (version + 1) + ") ON CONFLICT (version) DO NOTHING");
          }
        }
      }
      connection.commit();
    }
  }

  /** Returns whether all tables are there, in the newest version. */
  private boolean isComplete(Statement statement) throws SQLException, StateStoreException {
    Set<String> present = new HashSet<>();
    // Not by to_regclass, which within a transaction may continue to miss a table that another
    // transaction creates.
    try (ResultSet rows = statement.executeQuery("SELECT relname FROM pg_class WHERE relname IN ('"
        + String.join("', '", TABLES) + "') AND pg_table_is_visible(oid)")) {
      while (rows.next()) {
        present.add(rows.getString(1));
      }
    }
    // The version first: tables of a newer one are left alone.
    return present.contains(TABLES.get(0))
        && version(statement) == NEWEST
        && present.containsAll(TABLES);
  }

  private int version(Statement statement) throws SQLException, StateStoreException {
    int version;
    try (ResultSet row =
        statement.executeQuery("SELECT coalesce(max(version), 0) FROM resilience_schema")) {
      row.next();
      version = row.getInt(1);
    }
    if (version < 0 || version > NEWEST) {
      throw new StateStoreException(
          "cannot use " + location + ": it has schema version " + version
              + ", and this library knows versions 1 to " + NEWEST
              + "; update the library, or name another schema by the parameter currentSchema",
          null);
    }
    return version;
  }
}
