package io.aragora.resilience.persistence.sqlite;

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
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The rows of rate limiters, of which there are few. Columns are written and read as those of breakers. */
final class LimiterTable {
  /** In the order of the table. */
  static final List<String> COLUMNS = List.of(
      "name",
      "declared",
      "full_at_micros",
      "paused_until_micros",
      "fill_micros",
      "max_pause_micros",
      "saved_at_micros");

  private static final Set<String> TEXTS = Set.of("name", "declared");

  private static final Duration MICROSECOND = Duration.of(1, ChronoUnit.MICROS);

  private static final String SELECT = "SELECT "
      + COLUMNS.stream()
          .map(column -> BreakerRow.bounded(column, TEXTS.contains(column)))
          .collect(Collectors.joining(", "))
      + " FROM rate_limiters ";

  /** Readable times first, of these the newest. */
  private static final String BY_IMPORTANCE =
      "ORDER BY typeof(saved_at_micros) = 'integer' DESC, saved_at_micros DESC LIMIT ";

  private static final String REPLACE = "INSERT OR REPLACE INTO rate_limiters ("
      + String.join(", ", COLUMNS) + ") VALUES ("
      + String.join(", ", Collections.nCopies(COLUMNS.size(), "?")) + ")";

  private final Connection connection;

  LimiterTable(Connection connection) {
    this.connection = connection;
  }

  /** Reads at most the number of rows that a start reads. */
  void load(Loaded.Builder loaded) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT
            + "WHERE rowid IN (SELECT rowid FROM rate_limiters " + BY_IMPORTANCE
            + Loaded.MAX_LIMITERS + ")");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        try {
          loaded.add(read(rows));
        } catch (IllegalArgumentException e) {
          loaded.problem(String.valueOf(e.getMessage()));
        }
      }
    }
  }

  /** Writes limiters in one transaction. */
  void save(Collection<SavedLimiter> limiters) throws SQLException {
    try (WriteTransaction transaction = WriteTransaction.begin(connection);
        PreparedStatement replace = connection.prepareStatement(REPLACE)) {
      for (SavedLimiter limiter : limiters) {
        SavedLimiter present = find(limiter.name());
        bind(replace, present == null ? limiter : limiter.over(present));
        replace.executeUpdate();
      }
      transaction.commit();
    }
  }

  /** Returns the row of a name; null if there is none, or if it is unreadable. */
  private @Nullable SavedLimiter find(String name) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT + "WHERE name = ?")) {
      BreakerRow.bindText(select, 1, name);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? read(row) : null;
      }
    } catch (IllegalArgumentException e) {
      // Its text is among the problems of each load.
      return null;
    }
  }

  /**
   * Removes old rows, and those beyond the number that a start reads. A row whose times are no numbers is old.
   *
   * @param beforeMicros the instant; rows that matter until an earlier one are old
   * @param most the maximum number of rows to remove
   */
  int removeOld(long beforeMicros, int most) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement("""
        DELETE FROM rate_limiters WHERE rowid IN (
          SELECT rowid FROM rate_limiters
          WHERE max(saved_at_micros, full_at_micros, coalesce(paused_until_micros, full_at_micros)) < ?
            OR typeof(saved_at_micros) <> 'integer' OR typeof(full_at_micros) <> 'integer'
            OR typeof(paused_until_micros) NOT IN ('integer', 'null')
            OR rowid NOT IN (SELECT rowid FROM rate_limiters %s%d)
          LIMIT ?)""".formatted(BY_IMPORTANCE, Loaded.MAX_LIMITERS))) {
      delete.setLong(1, beforeMicros);
      delete.setInt(2, most);
      return delete.executeUpdate();
    }
  }

  private static void bind(PreparedStatement replace, SavedLimiter limiter) throws SQLException {
    Instant pausedUntil = limiter.pausedUntil();
    BreakerRow.bindText(replace, 1, limiter.name());
    BreakerRow.bindText(replace, 2, limiter.declared());
    replace.setLong(3, Micros.of(limiter.fullAt()));
    if (pausedUntil == null) {
      replace.setNull(4, Types.INTEGER);
    } else {
      replace.setLong(4, Micros.of(pausedUntil));
    }
    replace.setLong(5, limiter.fillTime().dividedBy(MICROSECOND));
    replace.setLong(6, limiter.maxPause().dividedBy(MICROSECOND));
    replace.setLong(7, Micros.of(limiter.savedAt()));
  }

  /**
   * Reads the row that the cursor is at.
   *
   * @throws IllegalArgumentException if the row is no valid limiter; the message has its name and the reason
   */
  private static SavedLimiter read(ResultSet row) throws SQLException {
    try {
      return SavedLimiter.builder(BreakerRow.text(row, "name"))
          .declared(BreakerRow.text(row, "declared"))
          .fullAt(BreakerRow.instant(row, "full_at_micros"))
          .pausedUntil(
              row.getObject("paused_until_micros") == null
                  ? null
                  : BreakerRow.instant(row, "paused_until_micros"))
          .fillTime(duration(row, "fill_micros"))
          .maxPause(duration(row, "max_pause_micros"))
          .savedAt(BreakerRow.instant(row, "saved_at_micros"))
          .build();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "skipped rate limiter '" + BreakerRow.shown(row, "name") + "': " + e.getMessage(), e);
    }
  }

  private static Duration duration(ResultSet row, String column) throws SQLException {
    return Duration.of(BreakerRow.count(row, column), ChronoUnit.MICROS);
  }
}
