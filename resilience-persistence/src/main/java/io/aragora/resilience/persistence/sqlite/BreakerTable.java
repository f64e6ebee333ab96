package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore.Loaded;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Collection;

/**
 * The rows of a file. Their number is bounded by the number of rows that a start reads: a save that exceeds it removes
 * the least important rows. Surplus rows of another application or an older version are removed in parts.
 */
final class BreakerTable {
  /** Bounds the rows of a large save that the driver holds at a time, and the rows that a transaction removes. */
  private static final int ROWS_PER_BATCH = 500;

  private static final int MAX_REMOVED_BY_SAVE = 10_000;

  private final Connection connection;

  /** At least the number of rows, without those that other processes have added. */
  private long mostRows;

  BreakerTable(Connection connection) throws SQLException {
    this.connection = connection;
    this.mostRows = count();
  }

  /** Reads each row by its number, so that SQLite need not sort whole rows. */
  void load(Loaded.Builder loaded) throws SQLException {
    mostRows = count();
    long[] important = numbers(
        mostRows <= Loaded.MAX_ROWS
            ? BreakerRow.SELECT_ATTENTION_FIRST
            : BreakerRow.SELECT_MOST_IMPORTANT,
        Loaded.MAX_ROWS);
    int read = 0;
    try (PreparedStatement select = connection.prepareStatement(BreakerRow.SELECT_ONE)) {
      while (read < important.length && loaded.hasRoom()) {
        select.setLong(1, important[read++]);
        read(select, loaded);
      }
    }
    loaded.leaveOut(Math.max(0, mostRows - read));
  }

  private static void read(PreparedStatement select, Loaded.Builder loaded) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      // Another process may have removed it.
      if (row.next()) {
        loaded.add(BreakerRow.read(row));
      }
    } catch (IllegalArgumentException e) {
      loaded.problem(String.valueOf(e.getMessage()));
    }
  }

  private long[] numbers(String sql, int most) throws SQLException {
    long[] found = new long[most];
    int count = 0;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setInt(1, most);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found[count++] = rows.getLong(1);
        }
      }
    }
    return Arrays.copyOf(found, count);
  }

  private long count() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM circuit_breakers")) {
      return row.getLong(1);
    }
  }

  /** Writes states in one transaction. Returns the number of changed rows. */
  int save(Collection<SavedBreaker> states) throws SQLException {
    try (WriteTransaction transaction = WriteTransaction.begin(connection)) {
      int written = changeEach(BreakerRow.UPSERT, BreakerRow::bind, states);
      long surplus = surplusAfter(states.size());
      if (surplus > 0) {
        remove(leastImportant((int) Math.min(surplus, MAX_REMOVED_BY_SAVE)));
      }
      transaction.commit();
      return written;
    }
  }

  /** Counts only if there may be too many, since counting reads every page of an index. */
  private long surplusAfter(int added) throws SQLException {
    mostRows += added;
    if (mostRows > Loaded.MAX_ROWS) {
      mostRows = count();
    }
    return mostRows - Loaded.MAX_ROWS;
  }

  /** Removes the rows of breakers in one transaction, unless they changed later. Returns their number. */
  int remove(Collection<SavedBreaker> states) throws SQLException {
    try (WriteTransaction transaction = WriteTransaction.begin(connection)) {
      int removed = changeEach(BreakerRow.DELETE, BreakerRow::bindDelete, states);
      transaction.commit();
      return removed;
    }
  }

  /** Sets the parameters of a statement. */
  private interface Binding<T> {
    void bind(PreparedStatement statement, T value) throws SQLException;
  }

  private <T> int changeEach(String sql, Binding<? super T> binding, Collection<T> values)
      throws SQLException {
    int rows = 0;
    int changed = 0;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (T value : values) {
        binding.bind(statement, value);
        statement.addBatch();
        if (++rows % ROWS_PER_BATCH == 0) {
          changed += Arrays.stream(statement.executeBatch()).sum();
        }
      }
      return changed + Arrays.stream(statement.executeBatch()).sum();
    }
  }

  /**
   * Removes old rows, the oldest first.
   *
   * @param savedBeforeMicros the instant; rows saved before it are old
   * @param most the maximum number of rows to remove
   */
  int removeOld(long savedBeforeMicros, int most) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement("""
        DELETE FROM circuit_breakers WHERE rowid IN (
          SELECT rowid FROM circuit_breakers WHERE saved_at_micros < ? ORDER BY saved_at_micros LIMIT ?)""")) {
      delete.setLong(1, savedBeforeMicros);
      delete.setInt(2, most);
      return delete.executeUpdate();
    }
  }

  /** Returns the numbers of rows beyond the bound, the least important first, up to a maximum. */
  long[] surplus(int most) throws SQLException {
    mostRows = count();
    long surplus = Math.min(mostRows - Loaded.MAX_ROWS, most);
    return surplus <= 0 ? new long[0] : leastImportant((int) surplus);
  }

  private long[] leastImportant(int count) throws SQLException {
    return numbers(BreakerRow.SELECT_LEAST_IMPORTANT, count);
  }

  /** Removes rows by their numbers. */
  void remove(long[] numbers) throws SQLException {
    mostRows -= changeEach(
        "DELETE FROM circuit_breakers WHERE rowid = ?",
        (statement, number) -> statement.setLong(1, number),
        Arrays.stream(numbers).boxed().toList());
  }
}
