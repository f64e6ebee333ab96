package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.fuzz.SavedStates;
import io.aragora.resilience.fuzz.Shown;
import io.aragora.resilience.persistence.StateStore.Loaded;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;

/** Rows of a file, which any program can write: a column can have a value of any type. */
class RowsFuzzTest {
  private static final int MOST_OF_PROBLEM = 600;
  private static final Connection CONNECTION = open();

  private static Connection open() {
    try {
      Connection connection = DriverManager.getConnection("jdbc:sqlite::memory:");
      try (Statement statement = connection.createStatement()) {
        // Without the constraints of the real tables: a file may have been made by hand.
        statement.execute("CREATE TABLE circuit_breakers (" + String.join(", ", BreakerRow.COLUMNS)
            + ", UNIQUE (name, key))");
        statement.execute("CREATE TABLE rate_limiters (" + String.join(", ", LimiterTable.COLUMNS)
            + ", UNIQUE (name))");
      }
      return connection;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  /** A row is a breaker or a problem, and SQLite has the same opinion, by which rows are replaced and removed. */
  @FuzzTest
  void breakerRow(byte[] input) throws SQLException {
    insert("circuit_breakers", BreakerRow.COLUMNS, new FuzzInput(input));
    Loaded loaded = loadedBreakers();
    assertThat(loaded.states().size() + loaded.problems().size()).isEqualTo(1);
    loaded.problems().forEach(problem -> Shown.isOneLine(problem, MOST_OF_PROBLEM));
    assertThat(isReadable()).isEqualTo(!loaded.states().isEmpty());
    for (SavedBreaker breaker : loaded.states()) {
      saveAgain(breaker);
    }
  }

  private static Loaded loadedBreakers() throws SQLException {
    Loaded.Builder loaded = new Loaded.Builder();
    new BreakerTable(CONNECTION).load(loaded);
    return loaded.build();
  }

  /** The order of rows begins with the condition that is asked for. */
  private static boolean isReadable() throws SQLException {
    String order = BreakerRow.SELECT_MOST_IMPORTANT;
    String condition =
        order.substring(order.indexOf("ORDER BY") + "ORDER BY".length(), order.indexOf(" DESC"));
    try (Statement statement = CONNECTION.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + condition + " FROM circuit_breakers")) {
      return row.getBoolean(1);
    }
  }

  /** What was read is written as it was read. */
  private static void saveAgain(SavedBreaker breaker) throws SQLException {
    clear("circuit_breakers");
    new BreakerTable(CONNECTION).save(List.of(breaker));
    assertThat(loadedBreakers().states()).containsExactly(breaker);
  }

  /** A breaker of any name and declaration is read as it was saved. */
  @FuzzTest
  void savedBreaker(byte[] input) throws SQLException {
    FuzzInput fields = new FuzzInput(input);
    String name = fields.text();
    if (!name.isBlank()) {
      saveAgain(SavedStates.breaker(name, fields));
    }
  }

  /** A row is a limiter or a problem. */
  @FuzzTest
  void limiterRow(byte[] input) throws SQLException {
    insert("rate_limiters", LimiterTable.COLUMNS, new FuzzInput(input));
    Loaded loaded = loadedLimiters();
    assertThat(loaded.limiters().size() + loaded.problems().size()).isEqualTo(1);
    loaded.problems().forEach(problem -> Shown.isOneLine(problem, MOST_OF_PROBLEM));
    for (SavedLimiter limiter : loaded.limiters()) {
      clear("rate_limiters");
      new LimiterTable(CONNECTION).save(List.of(limiter));
      assertThat(loadedLimiters().limiters()).containsExactly(limiter);
    }
  }

  /** A limiter of any name and declaration is read as it was saved; a row that is already there does no harm. */
  @FuzzTest
  void savedLimiter(byte[] input) throws SQLException {
    FuzzInput fields = new FuzzInput(input);
    String name = fields.text();
    if (!name.isBlank()) {
      SavedLimiter limiter = SavedStates.limiter(name, fields);
      clear("rate_limiters");
      new LimiterTable(CONNECTION).save(List.of(limiter));
      assertThat(loadedLimiters().limiters()).containsExactly(limiter);
      SavedLimiter second = SavedStates.limiter(name, fields);
      new LimiterTable(CONNECTION).save(List.of(second));
      assertThat(loadedLimiters().limiters()).containsExactly(second.over(limiter));
    }
  }

  private static Loaded loadedLimiters() throws SQLException {
    Loaded.Builder loaded = new Loaded.Builder();
    new LimiterTable(CONNECTION).load(loaded);
    return loaded.build();
  }

  private static void clear(String table) throws SQLException {
    try (Statement statement = CONNECTION.createStatement()) {
      statement.execute("DELETE FROM " + table);
    }
  }

  private static void insert(String table, List<String> columns, FuzzInput fields)
      throws SQLException {
    clear(table);
    try (PreparedStatement insert = CONNECTION.prepareStatement("INSERT INTO " + table + " VALUES ("
        + String.join(", ", Collections.nCopies(columns.size(), "?")) + ")")) {
      for (int column = 1; column <= columns.size(); column++) {
        insert.setObject(column, value(fields));
      }
      insert.execute();
    }
  }

  private static Object value(FuzzInput fields) {
    return switch (fields.below(6)) {
      case 0, 1 -> fields.text();
      case 2 -> fields.number();
      case 3 -> fields.field();
      case 4 -> Double.longBitsToDouble(fields.number());
      default -> null;
    };
  }

  /** A location is the path of a file, or an error says what is wrong. */
  @FuzzTest
  void location(byte[] input) {
    try {
      assertThat(
              SqliteStateStoreProvider.path(new FuzzInput(input).restAsText()).toString())
          .isNotBlank();
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("state store location must ");
      Shown.isOneLine(e.getMessage(), MOST_OF_PROBLEM);
    }
  }
}
