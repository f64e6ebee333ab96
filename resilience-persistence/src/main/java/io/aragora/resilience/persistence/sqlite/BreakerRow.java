package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.persistence.SavedBreaker;
import java.nio.ByteBuffer;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A breaker as a row. Times are whole microseconds, since 1970 in UTC where they are instants: numbers have no time zone,
 * sort as time does, and are cut off below the microsecond, never rounded up.
 */
final class BreakerRow {
  /** What needs attention first, then the newest, for readers that take in only so many. */
  static final String SELECT = """
      SELECT name, key, state, generation, entered_at_micros, open_until_micros, cooldown_micros, cooldown_step,
        consecutive_failures, consecutive_successes, probe_successes, successes, failures, ignored, rejected, late,
        slow_calls, declared, saved_at_micros
      FROM circuit_breakers ORDER BY state = 'closed', saved_at_micros DESC""";

  /**
   * The condition is {@link SavedBreaker#replaces}. What nobody can read, because it is no number or no known state, may always
   * be replaced, or it would stay for ever: SQLite takes any text to be larger than any number.
   */
  static final String UPSERT = """
      INSERT INTO circuit_breakers AS present (name, key, state, generation, entered_at_micros, open_until_micros,
        cooldown_micros, cooldown_step, consecutive_failures, consecutive_successes, probe_successes, successes, failures,
        ignored, rejected, late, slow_calls, declared, saved_at_micros)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (name, key) DO UPDATE SET
        state = excluded.state,
        generation = excluded.generation,
        entered_at_micros = excluded.entered_at_micros,
        open_until_micros = excluded.open_until_micros,
        cooldown_micros = excluded.cooldown_micros,
        cooldown_step = excluded.cooldown_step,
        consecutive_failures = excluded.consecutive_failures,
        consecutive_successes = excluded.consecutive_successes,
        probe_successes = excluded.probe_successes,
        successes = excluded.successes,
        failures = excluded.failures,
        ignored = excluded.ignored,
        rejected = excluded.rejected,
        late = excluded.late,
        slow_calls = excluded.slow_calls,
        declared = excluded.declared,
        saved_at_micros = excluded.saved_at_micros
      WHERE present.entered_at_micros > excluded.saved_at_micros
        OR (present.entered_at_micros <= excluded.entered_at_micros
          AND (excluded.generation > 1 OR present.generation <= 1))
        OR typeof(present.generation) <> 'integer'
        OR typeof(present.entered_at_micros) <> 'integer'
        OR present.state NOT IN ('closed', 'open', 'half_open', 'forced_open', 'metrics_only', 'disabled')""";

  /** Stands for no key: a key is never blank, and SQLite takes every NULL to be another one. */
  private static final String NO_KEY = "";

  private static final Duration MICROSECOND = Duration.of(1, ChronoUnit.MICROS);
  private static final int MAX_SHOWN = 100;

  private BreakerRow() {}

  static void bind(PreparedStatement upsert, SavedBreaker breaker) throws SQLException {
    Instant openUntil = breaker.openUntil();
    CircuitBreakerTotals totals = breaker.totals();
    String key = breaker.key();
    bindName(upsert, 1, breaker.name());
    bindName(upsert, 2, key == null ? NO_KEY : key);
    upsert.setString(3, breaker.state().text());
    upsert.setLong(4, breaker.generation());
    upsert.setLong(5, micros(breaker.enteredAt()));
    if (openUntil == null) {
      upsert.setNull(6, Types.INTEGER);
    } else {
      upsert.setLong(6, micros(openUntil));
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
    upsert.setString(18, breaker.declared());
    upsert.setLong(19, micros(breaker.savedAt()));
  }

  /** As text; one that UTF-8 cannot hold, since it has half of a surrogate pair, as the bytes of its characters. */
  private static void bindName(PreparedStatement upsert, int column, String name)
      throws SQLException {
    if (name.codePoints().noneMatch(BreakerRow::isHalfOfAPair)) {
      upsert.setString(column, name);
    } else {
      ByteBuffer bytes = ByteBuffer.allocate(name.length() * Character.BYTES);
      bytes.asCharBuffer().put(name);
      upsert.setBytes(column, bytes.array());
    }
  }

  private static boolean isHalfOfAPair(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  /**
   * Reads the row that the cursor is at.
   *
   * @param row the cursor
   * @param texts what was read before, since most rows were declared alike
   * @throws IllegalArgumentException if it is no breaker; the message says which and why
   */
  static SavedBreaker read(ResultSet row, Map<String, String> texts) throws SQLException {
    try {
      return new SavedBreaker(
          name(row, "name"),
          key(row),
          CircuitBreakerState.parse(text(row, "state")),
          count(row, "generation"),
          instant(number(row, "entered_at_micros")),
          row.getObject("open_until_micros") == null
              ? null
              : instant(number(row, "open_until_micros")),
          Duration.of(count(row, "cooldown_micros"), ChronoUnit.MICROS),
          smallCount(row, "cooldown_step"),
          smallCount(row, "consecutive_failures"),
          count(row, "consecutive_successes"),
          smallCount(row, "probe_successes"),
          new CircuitBreakerTotals(
              count(row, "successes"),
              count(row, "failures"),
              count(row, "ignored"),
              count(row, "rejected"),
              count(row, "late")),
          count(row, "slow_calls"),
          texts.computeIfAbsent(text(row, "declared"), declared -> declared),
          instant(number(row, "saved_at_micros")));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "skipped '" + shown(row.getObject("name")) + "': " + e.getMessage(), e);
    }
  }

  /**
   * Rounds down, before 1970 too, so that the order of instants is the order of their numbers.
   *
   * @throws ArithmeticException if the instant is 292,000 years away
   */
  static long micros(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), TimeUnit.SECONDS.toMicros(1)),
        instant.getNano() / 1_000);
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static @Nullable String key(ResultSet row) throws SQLException {
    String key = name(row, "key");
    return key.equals(NO_KEY) ? null : key;
  }

  private static String name(ResultSet row, String column) throws SQLException {
    return row.getObject(column) instanceof byte[] bytes
            && bytes.length > 0
            && bytes.length % Character.BYTES == 0
        ? ByteBuffer.wrap(bytes).asCharBuffer().toString()
        : text(row, column);
  }

  private static String text(ResultSet row, String column) throws SQLException {
    if (row.getObject(column) instanceof String value) {
      return value;
    }
    throw new IllegalArgumentException(column + " must be text: " + shown(row.getObject(column)));
  }

  private static long number(ResultSet row, String column) throws SQLException {
    Object value = row.getObject(column);
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw new IllegalArgumentException(column + " must be a whole number: " + shown(value));
  }

  private static long count(ResultSet row, String column) throws SQLException {
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

  private static String shown(@Nullable Object value) {
    if (value instanceof byte[] bytes) {
      return bytes.length + " bytes";
    }
    String text = String.valueOf(value);
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
  }
}
