package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.internal.Micros;
import io.aragora.resilience.persistence.StateStore.Loaded;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Maps a rate limiter to a row, as {@link BreakerRow} does a breaker. All instances share the row of a limiter: it contains
 * the level of the most exhausted of them.
 */
final class LimiterRow {
  private static final Duration MICROSECOND = Duration.of(1, ChronoUnit.MICROS);

  private static final String SELECT = "SELECT id, " + BreakerRow.bounded("name") + ", "
      + BreakerRow.bounded("declared") + ", full_at_micros, paused_until_micros, fill_micros,"
      + " max_pause_micros, saved_at_micros, clock_offset_micros FROM resilience_rate_limiters ";

  private static final String SELECT_NEWEST = SELECT + "WHERE id IN (SELECT id FROM"
      + " resilience_rate_limiters ORDER BY saved_at_micros::numeric + clock_offset_micros DESC"
      + " LIMIT " + Loaded.MAX_LIMITERS + ")";

  /** Waits for other instances that write the same rows, all in one order. */
  private static final String SELECT_FOR_UPDATE =
      SELECT + "WHERE id = ANY (?) ORDER BY id FOR UPDATE";

  private static final String INSERT = """
      INSERT INTO resilience_rate_limiters (declared, full_at_micros, paused_until_micros, fill_micros, max_pause_micros,
        saved_at_micros, clock_offset_micros, name, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING""";

  private static final String UPDATE = """
      UPDATE resilience_rate_limiters SET declared = ?, full_at_micros = ?, paused_until_micros = ?, fill_micros = ?,
        max_pause_micros = ?, saved_at_micros = ?, clock_offset_micros = ?, name = ? WHERE id = ?""";

  /** Rows that are being saved now are not old, and are skipped instead of waited for. */
  private static final String PURGE = """
      DELETE FROM resilience_rate_limiters WHERE id IN (
        SELECT id FROM resilience_rate_limiters
        WHERE greatest(saved_at_micros, full_at_micros, paused_until_micros)::numeric
            + CASE WHEN abs(clock_offset_micros::numeric - ?) <= ? THEN 0 ELSE clock_offset_micros::numeric - ? END < ?
          OR id NOT IN (SELECT id FROM resilience_rate_limiters
            ORDER BY saved_at_micros::numeric + clock_offset_micros DESC LIMIT %d)
        LIMIT ? FOR UPDATE SKIP LOCKED)""".formatted(Loaded.MAX_LIMITERS);

  private LimiterRow() {}

  static void load(Connection connection, long offsetMicros, Loaded.Builder loaded)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT_NEWEST)) {
      select.setFetchSize(PostgresqlStateStore.ROWS_PER_FETCH);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          try {
            loaded.add(read(rows, offsetMicros));
          } catch (IllegalArgumentException e) {
            loaded.problem(String.valueOf(e.getMessage()));
          }
        }
      }
    }
  }

  /** Writes limiters. A row is there before it is read, so that of two instances one waits for the other. */
  static void save(Connection connection, Collection<SavedLimiter> limiters, long offsetMicros)
      throws SQLException {
    SortedMap<byte[], SavedLimiter> rows = new TreeMap<>(Arrays::compareUnsigned);
    for (SavedLimiter limiter : limiters) {
      rows.put(BreakerRow.id(limiter.name(), null), limiter);
    }
    write(connection, INSERT, rows, offsetMicros);
    Map<String, SavedLimiter> present = lock(connection, rows, offsetMicros);
    rows.replaceAll((id, limiter) -> {
      SavedLimiter other = present.get(limiter.name());
      return other == null ? limiter : limiter.over(other);
    });
    write(connection, UPDATE, rows, offsetMicros);
  }

  private static void write(
      Connection connection, String sql, Map<byte[], SavedLimiter> rows, long offsetMicros)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (Map.Entry<byte[], SavedLimiter> row : rows.entrySet()) {
        bind(statement, row.getValue(), offsetMicros);
        statement.setBytes(9, row.getKey());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  private static void bind(PreparedStatement statement, SavedLimiter limiter, long offsetMicros)
      throws SQLException {
    Instant pausedUntil = limiter.pausedUntil();
    statement.setString(1, StoredText.encode(limiter.declared()));
    statement.setLong(2, Micros.of(limiter.fullAt()));
    if (pausedUntil == null) {
      statement.setNull(3, Types.BIGINT);
    } else {
      statement.setLong(3, Micros.of(pausedUntil));
    }
    statement.setLong(4, limiter.fillTime().dividedBy(MICROSECOND));
    statement.setLong(5, limiter.maxPause().dividedBy(MICROSECOND));
    statement.setLong(6, Micros.of(limiter.savedAt()));
    statement.setLong(7, offsetMicros);
    statement.setString(8, StoredText.encode(limiter.name()));
  }

  /** Locks rows, and returns the readable ones by name. */
  private static Map<String, SavedLimiter> lock(
      Connection connection, Map<byte[], SavedLimiter> rows, long offsetMicros)
      throws SQLException {
    Map<String, SavedLimiter> present = new HashMap<>();
    try (PreparedStatement select = connection.prepareStatement(SELECT_FOR_UPDATE)) {
      select.setArray(1, connection.createArrayOf("bytea", rows.keySet().toArray(byte[][]::new)));
      select.setFetchSize(PostgresqlStateStore.ROWS_PER_FETCH);
      try (ResultSet found = select.executeQuery()) {
        while (found.next()) {
          SavedLimiter limiter = readable(found, offsetMicros);
          if (limiter != null) {
            present.put(limiter.name(), limiter);
          }
        }
      }
    }
    return present;
  }

  /** Returns null for a row that may be replaced, because it cannot be read. */
  private static @Nullable SavedLimiter readable(ResultSet row, long offsetMicros)
      throws SQLException {
    try {
      return read(row, offsetMicros);
    } catch (IllegalArgumentException e) {
      // Its text is among the problems of each load.
      return null;
    }
  }

  static int purge(Connection connection, long offsetMicros, Instant cutOff, int most)
      throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(PURGE)) {
      delete.setLong(1, offsetMicros);
      delete.setLong(2, ServerClock.TOLERANCE_MICROS);
      delete.setLong(3, offsetMicros);
      delete.setLong(4, Micros.ofOrFarthest(cutOff));
      delete.setInt(5, most);
      return delete.executeUpdate();
    }
  }

  private static SavedLimiter read(ResultSet row, long offsetMicros) throws SQLException {
    try {
      long shift = ServerClock.shiftMicros(row.getLong("clock_offset_micros"), offsetMicros);
      return SavedLimiter.builder(BreakerRow.text(row, "name"))
          .declared(BreakerRow.text(row, "declared"))
          .fullAt(BreakerRow.instant(row, "full_at_micros", shift))
          .pausedUntil(
              row.getObject("paused_until_micros") == null
                  ? null
                  : BreakerRow.instant(row, "paused_until_micros", shift))
          .fillTime(Duration.of(BreakerRow.count(row, "fill_micros"), ChronoUnit.MICROS))
          .maxPause(Duration.of(BreakerRow.count(row, "max_pause_micros"), ChronoUnit.MICROS))
          .savedAt(BreakerRow.instant(row, "saved_at_micros", shift))
          .build();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "skipped rate limiter '" + BreakerRow.shown(row) + "': " + e.getMessage(), e);
    }
  }
}
