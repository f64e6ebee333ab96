package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.Micros;
import io.aragora.resilience.internal.OneLine;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Maps a breaker to a row. Times are of the writer's clock; a column has the offset of the server's clock. */
final class BreakerRow {
  /** A column of the breaker, and how to get its value. */
  private record Column(String name, String type, Function<SavedBreaker, @Nullable Object> value) {
    static Column text(String name, Function<SavedBreaker, @Nullable String> value) {
      return new Column(name, "text", breaker -> {
        String text = value.apply(breaker);
        return text == null ? null : StoredText.encode(text);
      });
    }

    static Column number(String name, Function<SavedBreaker, @Nullable Number> value) {
      return new Column(name, "bigint", breaker -> {
        Number number = value.apply(breaker);
        return number == null ? null : number.longValue();
      });
    }

    static Column time(String name, Function<SavedBreaker, @Nullable Instant> value) {
      return number(name, breaker -> {
        Instant instant = value.apply(breaker);
        return instant == null ? null : Micros.of(instant);
      });
    }

    @Nullable
    Object[] values(Collection<SavedBreaker> breakers) {
      return breakers.stream()
          .map(value)
          .toArray(type.equals("text") ? String[]::new : Long[]::new);
    }
  }

  private static final Duration MICROSECOND = Duration.of(1, ChronoUnit.MICROS);

  /** The maximum size of a text in bytes: {@link StoredText} makes at most six of a character. */
  static final int MAX_TEXT_BYTES = 6 * SavedBreaker.MAX_TEXT;

  private static final String STATES = Arrays.stream(CircuitBreakerState.values())
      .map(CircuitBreakerState::text)
      .collect(Collectors.joining(", "));

  private static final List<Column> COLUMNS = List.of(
      Column.text("name", SavedBreaker::name),
      Column.text("key", SavedBreaker::key),
      Column.text("state", breaker -> breaker.state().text()),
      Column.number("generation", SavedBreaker::generation),
      Column.time("entered_at_micros", SavedBreaker::enteredAt),
      Column.time("open_until_micros", SavedBreaker::openUntil),
      Column.number("cooldown_micros", breaker -> breaker.cooldown().dividedBy(MICROSECOND)),
      Column.number("cooldown_step", SavedBreaker::cooldownStep),
      Column.number("consecutive_failures", SavedBreaker::consecutiveFailures),
      Column.number("consecutive_successes", SavedBreaker::consecutiveSuccesses),
      Column.number("probe_successes", SavedBreaker::probeSuccesses),
      Column.number("successes", breaker -> breaker.totals().successes()),
      Column.number("failures", breaker -> breaker.totals().failures()),
      Column.number("ignored", breaker -> breaker.totals().ignored()),
      Column.number("rejected", breaker -> breaker.totals().rejected()),
      Column.number("late", breaker -> breaker.totals().late()),
      Column.number("slow_calls", SavedBreaker::slowCalls),
      Column.text("declared", SavedBreaker::declared),
      Column.time("saved_at_micros", SavedBreaker::savedAt),
      Column.number("opened_by_hand", breaker -> breaker.openedByHand() ? 1 : 0),
      Column.number("probe_failures", SavedBreaker::probeFailures));

  /** Not a column: the age of the state by the writer's clock. Even a wrong clock measures such a short time well enough. */
  private static final Column AGE = Column.number("age_micros", BreakerRow::ageMicros);

  private static final List<Column> GIVEN_TO_DELETE = Stream.concat(
          COLUMNS.stream()
              .filter(column ->
                  List.of("state", "generation", "entered_at_micros").contains(column.name())),
          Stream.of(AGE))
      .toList();

  private static final String NAMES = joined(", ", Column::name);

  /**
   * The condition for a repeated save of the same change of state: by the same writer, or by an instance that restored
   * it, with the same generation and, apart from message delays, the same time of change.
   */
  private static final String SAME = """
      (present.generation = excluded.generation AND present.state = excluded.state
        AND (present.writer = excluded.writer AND present.entered_at_micros = excluded.entered_at_micros
          OR present.writer <> excluded.writer
            AND abs(present.transitioned_at_micros::numeric - excluded.transitioned_at_micros) <= 2000000))""";

  /**
   * Unreadable rows, and rows with a change in the future, written while the server's clock was wrong, may always be
   * replaced; otherwise they would stay for ever. Of two changes by one writer, the later can appear earlier if the
   * save of the first took long.
   */
  private static final String REPLACES = """
      %s
      OR (excluded.generation > 1 AND present.generation <= 1)
      OR ((excluded.generation > 1 OR present.generation <= 1)
        AND (excluded.transitioned_at_micros >= present.transitioned_at_micros
          OR present.writer = excluded.writer AND excluded.entered_at_micros > present.entered_at_micros))
      OR present.transitioned_at_micros > %s + 1000000
      OR NOT %s""".formatted(SAME, ServerClock.NOW, readable("present"));

  /** Writes many rows by one statement, which returns the number of written rows and of rows whose state changed. */
  static final String UPSERT = "WITH written AS (\n"
      + "INSERT INTO resilience_circuit_breakers AS present (id, " + NAMES
      + ", writer, clock_offset_micros, transitioned_at_micros, changed_in)\n"
      + "SELECT id, " + NAMES + ", ?, ?, moment.micros - age_micros,\n"
      // A breaker that never changed needs no notice.
      + "  CASE WHEN generation > 1 OR state <> 'closed' THEN moment.xid ELSE 0 END\n"
      + "FROM unnest(?::bytea[], " + joined(", ", column -> "?::" + column.type() + "[]")
      + ", ?::bigint[])\n"
      + "  AS given (id, " + NAMES + ", age_micros),\n"
      + "  (SELECT " + ServerClock.NOW + " AS micros, pg_current_xact_id()::text::bigint AS xid)"
      + " AS moment\n"
      // All instances lock rows in one order.
      + "ORDER BY id\n"
      + "ON CONFLICT (id) DO UPDATE SET\n"
      + joined("", column -> column.name() + " = excluded." + column.name() + ",\n")
      + "writer = excluded.writer,\n"
      + "clock_offset_micros = excluded.clock_offset_micros,\n"
      + "transitioned_at_micros = CASE WHEN " + SAME
      + " THEN present.transitioned_at_micros ELSE excluded.transitioned_at_micros END,\n"
      + "changed_in = CASE WHEN " + SAME
      + " THEN present.changed_in ELSE excluded.changed_in END\n"
      + "WHERE " + REPLACES + "\n"
      + "RETURNING changed_in)\n"
      + "SELECT count(*), count(*) FILTER (WHERE changed_in = pg_current_xact_id()::text::bigint)"
      + " FROM written";

  /** Deletes the rows of breakers unless they changed later. All instances lock rows in one order. */
  static final String DELETE = """
      WITH given AS (
        SELECT id, state, generation, entered_at_micros, ?::uuid AS writer, %1$s - age_micros AS transitioned_at_micros
        FROM unnest(?::bytea[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[])
          AS given (id, state, generation, entered_at_micros, age_micros)),
      replaced AS (
        SELECT present.id FROM resilience_circuit_breakers AS present JOIN given AS excluded ON present.id = excluded.id
        WHERE %2$s ORDER BY present.id FOR UPDATE OF present)
      DELETE FROM resilience_circuit_breakers WHERE id IN (SELECT id FROM replaced)""".formatted(ServerClock.NOW, REPLACES);

  /** Selects a column: of a text also its size; a text that is too long is not read. */
  private static final String SELECT =
      "SELECT " + joined(", ", BreakerRow::bounded) + ", clock_offset_micros FROM ";

  private static final String IMPORTANCE =
      ", state = 'closed', saved_at_micros::numeric + clock_offset_micros DESC";

  /** Orders rows: readable ones first, then states other than closed, then the newest. */
  static final String SELECT_MOST_IMPORTANT = SELECT
      + "(SELECT * FROM resilience_circuit_breakers ORDER BY "
      + readable("resilience_circuit_breakers") + " DESC" + IMPORTANCE + " LIMIT ?) AS important";

  /** Selects what other writers changed in given transactions. */
  static final String SELECT_CHANGED_IN =
      SELECT + "resilience_circuit_breakers WHERE changed_in = ANY (?) AND writer <> ? LIMIT ?";

  /** Selects what other writers changed in a transaction or later. */
  static final String SELECT_CHANGED_SINCE =
      SELECT + "resilience_circuit_breakers WHERE changed_in >= ? AND writer <> ? LIMIT ?";

  /** Rows that are being saved now are not old, and are skipped instead of waited for. */
  static final String PURGE = """
      DELETE FROM resilience_circuit_breakers WHERE id IN (
        SELECT id FROM resilience_circuit_breakers
        WHERE saved_at_micros::numeric + CASE WHEN abs(clock_offset_micros::numeric - ?) <= ? THEN 0
          ELSE clock_offset_micros::numeric - ? END < ?
        LIMIT ? FOR UPDATE SKIP LOCKED)""";

  /** Deletes rows beyond a number, the least important first. */
  static final String TRIM = """
      DELETE FROM resilience_circuit_breakers WHERE id IN (
        SELECT id FROM resilience_circuit_breakers
        ORDER BY %s, state <> 'closed', saved_at_micros::numeric + clock_offset_micros
        LIMIT least(?, greatest(0, (SELECT count(*) FROM resilience_circuit_breakers) - ?)) FOR UPDATE SKIP LOCKED)""".formatted(readable("resilience_circuit_breakers"));

  private static final int MAX_SHOWN = 100;

  private BreakerRow() {}

  private static String joined(String separator, Function<Column, String> part) {
    return COLUMNS.stream().map(part).collect(Collectors.joining(separator));
  }

  private static String bounded(Column column) {
    return column.type().equals("text") ? bounded(column.name()) : column.name();
  }

  static String bounded(String text) {
    return "CASE WHEN octet_length(%1$s) <= %2$d THEN %1$s END AS %1$s, octet_length(%1$s) AS %1$s_bytes"
        .formatted(text, MAX_TEXT_BYTES);
  }

  /** Returns the condition that {@link #read} succeeds, apart from checks against the reader's clock. */
  private static String readable(String table) {
    String prefix = table + ".";
    return Stream.of(
            "octet_length(" + prefix + "name) <= " + MAX_TEXT_BYTES,
            "coalesce(octet_length(" + prefix + "key), 0) <= " + MAX_TEXT_BYTES,
            "octet_length(" + prefix + "declared) <= " + MAX_TEXT_BYTES,
            prefix + "state IN ('" + STATES.replace(", ", "', '") + "')",
            number(prefix + "generation", SavedBreaker.MAX_NUMBER),
            instant(prefix, "entered_at_micros"),
            "(" + prefix + "open_until_micros IS NULL OR " + instant(prefix, "open_until_micros")
                + ")",
            number(prefix + "cooldown_micros", SavedBreaker.MAX_COOLDOWN.dividedBy(MICROSECOND)),
            number(prefix + "cooldown_step", SavedBreaker.MAX_COUNT),
            number(prefix + "consecutive_failures", SavedBreaker.MAX_COUNT),
            number(prefix + "consecutive_successes", SavedBreaker.MAX_NUMBER),
            number(prefix + "probe_successes", SavedBreaker.MAX_COUNT),
            number(prefix + "successes", SavedBreaker.MAX_NUMBER),
            number(prefix + "failures", SavedBreaker.MAX_NUMBER),
            number(prefix + "ignored", SavedBreaker.MAX_NUMBER),
            number(prefix + "rejected", SavedBreaker.MAX_NUMBER),
            number(prefix + "late", SavedBreaker.MAX_NUMBER),
            number(prefix + "slow_calls", SavedBreaker.MAX_NUMBER),
            instant(prefix, "saved_at_micros"),
            number(prefix + "opened_by_hand", 1),
            number(prefix + "probe_failures", SavedBreaker.MAX_COUNT))
        .collect(Collectors.joining(" AND ", "((", ") IS TRUE)"));
  }

  private static String number(String column, long most) {
    return column + " BETWEEN 0 AND " + most;
  }

  /** By the server's clock, which is accurate enough. */
  private static String instant(String prefix, String column) {
    return "%1$s%2$s::numeric + %1$sclock_offset_micros BETWEEN %3$d AND %4$d"
        .formatted(
            prefix, column, Micros.of(SavedBreaker.EARLIEST), Micros.of(SavedBreaker.LATEST));
  }

  private static long ageMicros(SavedBreaker breaker) {
    long saved = Micros.of(breaker.savedAt());
    return Math.max(0, Math.subtractExact(saved, Micros.of(breaker.enteredAt())));
  }

  /** Returns the breakers by the identifiers of their rows, sorted by identifier. */
  static List<Map.Entry<byte[], SavedBreaker>> byId(Collection<SavedBreaker> breakers) {
    SortedMap<byte[], SavedBreaker> rows = new TreeMap<>(Arrays::compareUnsigned);
    for (SavedBreaker breaker : breakers) {
      rows.put(id(breaker.name(), breaker.key()), breaker);
    }
    return List.copyOf(rows.entrySet());
  }

  /** A digest, since an index cannot hold names of 10,000 characters. The length marks the end of the name. */
  static byte[] id(String name, @Nullable String key) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has it", e);
    }
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, name.length()));
    digest.update(StandardCharsets.UTF_8.encode(StoredText.encode(name)));
    if (key != null) {
      digest.update((byte) 0);
      digest.update(StandardCharsets.UTF_8.encode(StoredText.encode(key)));
    }
    return digest.digest();
  }

  static void bind(
      PreparedStatement upsert,
      List<Map.Entry<byte[], SavedBreaker>> rows,
      Object writer,
      long offsetMicros)
      throws SQLException {
    Connection connection = upsert.getConnection();
    byte[][] ids = rows.stream().map(Map.Entry::getKey).toArray(byte[][]::new);
    List<SavedBreaker> breakers = rows.stream().map(Map.Entry::getValue).toList();
    int index = 0;
    upsert.setObject(++index, writer);
    upsert.setLong(++index, offsetMicros);
    upsert.setArray(++index, connection.createArrayOf("bytea", ids));
    for (Column column : COLUMNS) {
      upsert.setArray(++index, connection.createArrayOf(column.type(), column.values(breakers)));
    }
    upsert.setArray(++index, connection.createArrayOf(AGE.type(), AGE.values(breakers)));
  }

  static void bindDelete(
      PreparedStatement delete, List<Map.Entry<byte[], SavedBreaker>> rows, Object writer)
      throws SQLException {
    Connection connection = delete.getConnection();
    List<SavedBreaker> breakers = rows.stream().map(Map.Entry::getValue).toList();
    int index = 0;
    delete.setObject(++index, writer);
    delete.setArray(
        ++index,
        connection.createArrayOf(
            "bytea", rows.stream().map(Map.Entry::getKey).toArray(byte[][]::new)));
    for (Column column : GIVEN_TO_DELETE) {
      delete.setArray(++index, connection.createArrayOf(column.type(), column.values(breakers)));
    }
  }

  /**
   * Reads the row that the cursor is at.
   *
   * @param offsetMicros how far the server's clock is ahead of the reader's
   * @throws IllegalArgumentException if the row is no valid breaker; the message has its name and the reason
   */
  static SavedBreaker read(ResultSet row, long offsetMicros) throws SQLException {
    try {
      long shift = ServerClock.shiftMicros(row.getLong("clock_offset_micros"), offsetMicros);
      return SavedBreaker.builder(text(row, "name"))
          .key(
              row.getLong("key_bytes") == 0 && row.getString("key") == null
                  ? null
                  : text(row, "key"))
          .state(state(text(row, "state")))
          .generation(count(row, "generation"))
          .enteredAt(instant(row, "entered_at_micros", shift))
          .openUntil(
              row.getObject("open_until_micros") == null
                  ? null
                  : instant(row, "open_until_micros", shift))
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
          .savedAt(instant(row, "saved_at_micros", shift))
          .openedByHand(count(row, "opened_by_hand") != 0)
          .probeFailures(smallCount(row, "probe_failures"))
          .build();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new IllegalArgumentException("skipped '" + shown(row) + "': " + e.getMessage(), e);
    }
  }

  /** Exactly as it was written, as in the condition of SQL. */
  private static CircuitBreakerState state(String stored) {
    for (CircuitBreakerState state : CircuitBreakerState.values()) {
      if (state.text().equals(stored)) {
        return state;
      }
    }
    throw new IllegalArgumentException(
        "state must be one of " + STATES + ": " + OneLine.of(stored, MAX_SHOWN));
  }

  static String text(ResultSet row, String column) throws SQLException {
    long bytes = row.getLong(column + "_bytes");
    if (bytes > MAX_TEXT_BYTES) {
      throw new IllegalArgumentException(column + " must have at most " + SavedBreaker.MAX_TEXT
          + " characters: " + bytes + " bytes");
    }
    String stored = row.getString(column);
    if (stored == null) {
      throw new IllegalArgumentException(column + " must not be null");
    }
    return StoredText.decode(column, stored);
  }

  static Instant instant(ResultSet row, String column, long shift) throws SQLException {
    return Instant.EPOCH.plus(Math.addExact(row.getLong(column), shift), ChronoUnit.MICROS);
  }

  static long count(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
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

  static String shown(ResultSet row) throws SQLException {
    String name = row.getString("name");
    return name == null ? row.getLong("name_bytes") + " bytes" : OneLine.of(name, MAX_SHOWN);
  }
}
