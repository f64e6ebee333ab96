package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.Micros;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Maps a breaker to a row. Times are whole microseconds, for instants since 1970 in UTC: numbers have no time zone and sort
 * like time. Fractions of a microsecond are dropped, never rounded up.
 */
final class BreakerRow {
  private static final Duration MICROSECOND = Duration.of(1, ChronoUnit.MICROS);

  private static final Set<String> TEXTS = Set.of("name", "key", "state", "declared");

  /** In the order of the table. */
  static final List<String> COLUMNS = List.of(
      "name",
      "key",
      "state",
      "generation",
      "entered_at_micros",
      "open_until_micros",
      "cooldown_micros",
      "cooldown_step",
      "consecutive_failures",
      "consecutive_successes",
      "probe_successes",
      "successes",
      "failures",
      "ignored",
      "rejected",
      "late",
      "slow_calls",
      "declared",
      "saved_at_micros",
      "opened_by_hand",
      "probe_failures");

  /** The maximum size of a text in bytes: three for each character. */
  private static final int MAX_TEXT_BYTES = 3 * SavedBreaker.MAX_TEXT;

  private static final int MAX_SHOWN = 100;

  private static final String STATES = Arrays.stream(CircuitBreakerState.values())
      .map(CircuitBreakerState::text)
      .collect(Collectors.joining(", "));

  /** Reads a row by its number. Of a text that is too long, only the size is read. */
  static final String SELECT_ONE = "SELECT "
      + COLUMNS.stream()
          .map(column -> bounded(column, TEXTS.contains(column)))
          .collect(Collectors.joining(", "))
      + " FROM circuit_breakers WHERE rowid = ?";

  /** Selects the numbers of rows: states other than closed first, then the newest. */
  static final String SELECT_ATTENTION_FIRST =
      "SELECT rowid FROM circuit_breakers ORDER BY state = 'closed', saved_at_micros DESC LIMIT ?";

  /** Selects readable rows first. To determine whether a row is readable takes microseconds. */
  static final String SELECT_MOST_IMPORTANT = "SELECT rowid FROM circuit_breakers ORDER BY "
      + readable("circuit_breakers") + " DESC, state = 'closed', saved_at_micros DESC LIMIT ?";

  /** The reverse order. */
  static final String SELECT_LEAST_IMPORTANT = "SELECT rowid FROM circuit_breakers ORDER BY "
      + readable("circuit_breakers") + ", state <> 'closed', saved_at_micros LIMIT ?";

  /**
   * The condition is {@link SavedBreaker#replaces}. An unreadable row may always be replaced; otherwise it would stay for
   * ever, since SQLite orders any text after any number.
   */
  static final String UPSERT = "INSERT INTO circuit_breakers AS present ("
      + String.join(", ", COLUMNS) + ") VALUES ("
      + String.join(", ", Collections.nCopies(COLUMNS.size(), "?"))
      + ") ON CONFLICT (name, key) DO UPDATE SET "
      + COLUMNS.stream()
          .filter(column -> !column.equals("name") && !column.equals("key"))
          .map(column -> column + " = excluded." + column)
          .collect(Collectors.joining(", ", "", "\n"))
      + """
      WHERE present.entered_at_micros > excluded.saved_at_micros
        OR (present.entered_at_micros <= excluded.entered_at_micros
          AND (excluded.generation > 1 OR present.generation <= 1))
        OR NOT\s""" + readable("present");

  /** Parameters of the same condition: name, key, times of saving and of entering the state, generation. */
  static final String DELETE = """
      DELETE FROM circuit_breakers WHERE name = ? AND key = ?
        AND (entered_at_micros > ?
          OR (entered_at_micros <= ? AND (? > 1 OR generation <= 1))
          OR NOT\s""" + readable("circuit_breakers") + ")";

  /** Stands for no key: a key is never blank, and SQLite treats every NULL as different. */
  private static final String NO_KEY = "";

  private BreakerRow() {}

  /**
   * Selects a column. A text has its size beside it, under another name. Of a long text in a column of numbers, only the size
   * is selected.
   */
  static String bounded(String column, boolean isText) {
    return isText
        ? "CASE WHEN octet_length(%1$s) <= %2$d THEN %1$s END AS %1$s, octet_length(%1$s) AS %1$s_bytes"
            .formatted(column, MAX_TEXT_BYTES)
        : ("CASE WHEN typeof(%1$s) IN ('text', 'blob') AND octet_length(%1$s) > %2$d"
                + " THEN octet_length(%1$s) || ' bytes' ELSE %1$s END AS %1$s")
            .formatted(column, MAX_SHOWN);
  }

  /** Returns the condition, 0 or 1, that {@link #read} succeeds. */
  private static String readable(String table) {
    String prefix = table + ".";
    return Stream.of(
            text(prefix + "name"),
            text(prefix + "key"),
            "octet_length(" + prefix + "state) <= " + MAX_SHOWN,
            prefix + "state IN ('" + STATES.replace(", ", "', '") + "')",
            number(prefix + "generation", 0, SavedBreaker.MAX_NUMBER),
            instant(prefix + "entered_at_micros"),
            "(typeof(" + prefix + "open_until_micros) = 'null' OR "
                + instant(prefix + "open_until_micros") + ")",
            number(prefix + "cooldown_micros", 0, SavedBreaker.MAX_COOLDOWN.dividedBy(MICROSECOND)),
            number(prefix + "cooldown_step", 0, SavedBreaker.MAX_COUNT),
            number(prefix + "consecutive_failures", 0, SavedBreaker.MAX_COUNT),
            number(prefix + "consecutive_successes", 0, SavedBreaker.MAX_NUMBER),
            number(prefix + "probe_successes", 0, SavedBreaker.MAX_COUNT),
            number(prefix + "successes", 0, SavedBreaker.MAX_NUMBER),
            number(prefix + "failures", 0, SavedBreaker.MAX_NUMBER),
            number(prefix + "ignored", 0, SavedBreaker.MAX_NUMBER),
            number(prefix + "rejected", 0, SavedBreaker.MAX_NUMBER),
            number(prefix + "late", 0, SavedBreaker.MAX_NUMBER),
            number(prefix + "slow_calls", 0, SavedBreaker.MAX_NUMBER),
            text(prefix + "declared"),
            instant(prefix + "saved_at_micros"),
            number(prefix + "opened_by_hand", 0, 1),
            number(prefix + "probe_failures", 0, SavedBreaker.MAX_COUNT))
        // A condition that is unknown, because a value is NULL, is false.
        .collect(Collectors.joining(" AND ", "((", ") IS TRUE)"));
  }

  private static String text(String column) {
    return ("(typeof(%1$s) = 'text' AND octet_length(%1$s) <= %2$d AND length(%1$s) <= %3$d"
            + " OR typeof(%1$s) = 'blob' AND octet_length(%1$s) BETWEEN 2 AND %4$d AND octet_length(%1$s) %% 2 = 0)")
        .formatted(
            column, MAX_TEXT_BYTES, SavedBreaker.MAX_TEXT, SavedBreaker.MAX_TEXT * Character.BYTES);
  }

  private static String number(String column, long least, long most) {
    return "typeof(%1$s) = 'integer' AND %1$s BETWEEN %2$d AND %3$d".formatted(column, least, most);
  }

  private static String instant(String column) {
    return number(column, Micros.of(SavedBreaker.EARLIEST), Micros.of(SavedBreaker.LATEST));
  }

  static void bind(PreparedStatement upsert, SavedBreaker breaker) throws SQLException {
    Instant openUntil = breaker.openUntil();
    CircuitBreakerTotals totals = breaker.totals();
    String key = breaker.key();
    bindText(upsert, 1, breaker.name());
    bindText(upsert, 2, key == null ? NO_KEY : key);
    upsert.setString(3, breaker.state().text());
    upsert.setLong(4, breaker.generation());
    upsert.setLong(5, Micros.of(breaker.enteredAt()));
    if (openUntil == null) {
      upsert.setNull(6, Types.INTEGER);
    } else {
      upsert.setLong(6, Micros.of(openUntil));
    }
    upsert.setLong(7, breaker.cooldown().dividedBy(MICROSECOND));
    upsert.setInt(8, breaker.cooldownStep());
    upsert.setInt(9, breaker.consecutiveFailures());
    upsert.setLong(10, breaker.consecutiveSuccesses());
    upsert.setInt(11, breaker.probeSuccesses());
    upsert.setLong(12, totals.successes());
    upsert.setLong(13, totals.failures());
    upsert.setLong(14, totals.ignored());
    upsert.setLong(15, totals.rejected());
    upsert.setLong(16, totals.late());
    upsert.setLong(17, breaker.slowCalls());
    bindText(upsert, 18, breaker.declared());
    upsert.setLong(19, Micros.of(breaker.savedAt()));
    upsert.setInt(20, breaker.openedByHand() ? 1 : 0);
    upsert.setInt(21, breaker.probeFailures());
  }

  static void bindDelete(PreparedStatement delete, SavedBreaker breaker) throws SQLException {
    String key = breaker.key();
    bindText(delete, 1, breaker.name());
    bindText(delete, 2, key == null ? NO_KEY : key);
    delete.setLong(3, Micros.of(breaker.savedAt()));
    delete.setLong(4, Micros.of(breaker.enteredAt()));
    delete.setLong(5, breaker.generation());
  }

  /** Stores a text; if it has an unpaired surrogate, which UTF-8 cannot represent, as the bytes of its characters. */
  static void bindText(PreparedStatement statement, int column, String text) throws SQLException {
    if (text.codePoints().noneMatch(BreakerRow::isHalfOfAPair)) {
      statement.setString(column, text);
    } else {
      ByteBuffer bytes = ByteBuffer.allocate(text.length() * Character.BYTES);
      bytes.asCharBuffer().put(text);
      statement.setBytes(column, bytes.array());
    }
  }

  private static boolean isHalfOfAPair(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  /**
   * Reads the row that the cursor is at.
   *
   * @param row the cursor
   * @throws IllegalArgumentException if the row is no valid breaker; the message has its name and the reason
   */
  static SavedBreaker read(ResultSet row) throws SQLException {
    try {
      return SavedBreaker.builder(text(row, "name"))
          .key(key(row))
          .state(state(row))
          .generation(count(row, "generation"))
          .enteredAt(instant(row, "entered_at_micros"))
          .openUntil(
              row.getObject("open_until_micros") == null ? null : instant(row, "open_until_micros"))
          .cooldown(Duration.of(count(row, "cooldown_micros"), ChronoUnit.MICROS))
          .cooldownStep(smallCount(row, "cooldown_step"))
          .consecutiveFailures(smallCount(row, "consecutive_failures"))
          .consecutiveSuccesses(count(row, "consecutive_successes"))
          .probeSuccesses(smallCount(row, "probe_successes"))
          .totals(CircuitBreakerTotals.builder()
              .successes(count(row, "successes"))
              .failures(count(row, "failures"))
              .ignored(count(row, "ignored"))
              .rejected(count(row, "rejected"))
              .late(count(row, "late"))
              .build())
          .slowCalls(count(row, "slow_calls"))
          .declared(text(row, "declared"))
          .savedAt(instant(row, "saved_at_micros"))
          .openedByHand(isTrue(row, "opened_by_hand"))
          .probeFailures(smallCount(row, "probe_failures"))
          .build();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "skipped '" + shown(row, "name") + "': " + e.getMessage(), e);
    }
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return instant(number(row, column));
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  /** Exactly as it was written, as in the condition of SQL. */
  private static CircuitBreakerState state(ResultSet row) throws SQLException {
    Object stored = row.getObject("state");
    for (CircuitBreakerState state : CircuitBreakerState.values()) {
      if (state.text().equals(stored)) {
        return state;
      }
    }
    throw new IllegalArgumentException(
        "state must be one of " + STATES + ": " + shown(row, "state"));
  }

  private static @Nullable String key(ResultSet row) throws SQLException {
    String key = text(row, "key");
    return key.equals(NO_KEY) ? null : key;
  }

  static String text(ResultSet row, String column) throws SQLException {
    if (row.getLong(column + "_bytes") > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException(column + " must have at most " + SavedBreaker.MAX_TEXT
          + " characters: " + shown(row, column));
    }
    Object value = row.getObject(column);
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof byte[] bytes && bytes.length > 0 && bytes.length % Character.BYTES == 0) {
      return ByteBuffer.wrap(bytes).asCharBuffer().toString();
    }
    throw new IllegalArgumentException(column + " must be text: " + shown(row, column));
  }

  private static long number(ResultSet row, String column) throws SQLException {
    Object value = row.getObject(column);
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw new IllegalArgumentException(column + " must be a whole number: " + shown(value));
  }

  static long count(ResultSet row, String column) throws SQLException {
    long value = number(row, column);
    if (value < 0) {
      throw new IllegalArgumentException(column + " must not be negative: " + value);
    }
    return value;
  }

  private static int smallCount(ResultSet row, String column) throws SQLException {
    long value = count(row, column);
    if (value > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          column + " must be at most " + Integer.MAX_VALUE + ": " + value);
    }
    return (int) value;
  }

  private static boolean isTrue(ResultSet row, String column) throws SQLException {
    long value = number(row, column);
    if (value != 0 && value != 1) {
      throw new IllegalArgumentException(column + " must be 0 or 1: " + value);
    }
    return value == 1;
  }

  /** Shows a text, or its size if it was not read. */
  static String shown(ResultSet row, String column) throws SQLException {
    long bytes = row.getLong(column + "_bytes");
    return bytes > MAX_TEXT_BYTES ? bytes + " bytes" : shown(row.getObject(column));
  }

  private static String shown(@Nullable Object value) {
    if (value instanceof byte[] bytes) {
      return bytes.length + " bytes";
    }
    String text = String.valueOf(value);
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }
}
