package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Migrates a schema to the newest version, step by step, in one transaction. If no step is needed it only reads, so that a user without the right to create tables can use those that another user created.
 */
final class SchemaMigrator {
  /** The statements that migrate from version i to i + 1. Published steps never change; a new version is a new step. */
  private static final List<List<String>> STEPS = List.of(
      List.of(
          """
      CREATE TABLE resilience_schema (
        version    integer     NOT NULL PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now()
      )""",
          // Two thirds full, so that updated rows fit on the same page and no index changes.
          """
      CREATE TABLE resilience_circuit_breakers (
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
      CREATE INDEX resilience_circuit_breakers_by_change ON resilience_circuit_breakers (changed_in)"""),
      List.of("""
      ALTER TABLE resilience_circuit_breakers
        ADD COLUMN opened_by_hand bigint NOT NULL DEFAULT 0,
        ADD COLUMN probe_failures bigint NOT NULL DEFAULT 0"""),
      // It may be there if another user dropped the table of versions only.
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
      // Half full, since the whole fleet updates one row. They may exist if someone has dropped the
      // other tables.
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
      ) WITH (fillfactor = 50)"""));

  static final int NEWEST = STEPS.size();

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
      if (version(statement) < NEWEST) {
        statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
        // Read again under the lock: another instance may have migrated since.
        for (int version = version(statement); version < NEWEST; version++) {
          for (String sql : STEPS.get(version)) {
            statement.executeUpdate(sql);
          }
          statement.executeUpdate(
              "INSERT INTO resilience_schema (version) VALUES (" + (version + 1) + ")");
        }
      }
      connection.commit();
    }
  }

  private int version(Statement statement) throws SQLException, StateStoreException {
    boolean exists;
    // Not by to_regclass, which within a transaction may continue to miss a table that another
    // transaction creates.
    try (ResultSet row = statement.executeQuery("SELECT count(*) > 0 FROM pg_class"
        + " WHERE relname = 'resilience_schema' AND pg_table_is_visible(oid)")) {
      row.next();
      exists = row.getBoolean(1);
    }
    if (!exists) {
      return 0;
    }
    int version;
    try (ResultSet row =
        statement.executeQuery("SELECT coalesce(max(version), 0) FROM resilience_schema")) {
      row.next();
      version = row.getInt(1);
    }
    if (version < 1 || version > NEWEST) {
      throw new StateStoreException(
          "cannot use " + location + ": it has schema version " + version
              + ", and this library knows versions 1 to " + NEWEST
              + "; update the library, or name another schema by the parameter currentSchema",
          null);
    }
    return version;
  }
}
