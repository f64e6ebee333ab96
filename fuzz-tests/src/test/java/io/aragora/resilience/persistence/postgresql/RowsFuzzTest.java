package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.fuzz.FuzzInput;
import io.aragora.resilience.fuzz.Shown;
import io.aragora.resilience.persistence.StateStore.Loaded;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Rows and notices of a server, which other clients can write: texts of any form, numbers and nulls in columns that allow them. */
class RowsFuzzTest {
  private static final int MOST_OF_PROBLEM = 600;
  private static final int MOST_TEXT_BYTES = 6 * SavedBreaker.MAX_TEXT;
  private static final List<String> TEXTS = List.of("name", "key", "state", "declared");
  private static final List<String> NUMBERS = List.of(
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
      "saved_at_micros",
      "opened_by_hand",
      "probe_failures",
      "full_at_micros",
      "paused_until_micros",
      "fill_micros",
      "max_pause_micros",
      "clock_offset_micros");

  /** A row is a breaker whose times are shifted between two clocks, or a problem. */
  @FuzzTest
  void breakerRow(byte[] input) throws SQLException {
    FuzzInput fields = new FuzzInput(input);
    long offset = fields.number();
    Map<String, Object> columns = columns(fields);
    try {
      SavedBreaker breaker = BreakerRow.read(row(columns), offset);
      BigInteger shift = shift((Long) columns.getOrDefault("clock_offset_micros", 0L), offset);
      assertThat(micros(breaker))
          .isEqualTo(BigInteger.valueOf((Long) columns.getOrDefault("saved_at_micros", 0L))
              .add(shift));
      assertThat(breaker.state().text()).isEqualTo(columns.get("state"));
      assertThat(StoredText.decode("name", StoredText.encode(breaker.name())))
          .isEqualTo(breaker.name());
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("skipped '");
      shown(e);
    }
  }

  private static BigInteger micros(SavedBreaker breaker) {
    return BigInteger.valueOf(Duration.between(java.time.Instant.EPOCH, breaker.savedAt())
        .dividedBy(Duration.of(1, ChronoUnit.MICROS)));
  }

  private static BigInteger shift(long there, long here) {
    BigInteger shift = BigInteger.valueOf(there).subtract(BigInteger.valueOf(here));
    return shift.abs().compareTo(BigInteger.valueOf(ServerClock.TOLERANCE_MICROS)) <= 0
        ? BigInteger.ZERO
        : shift;
  }

  /** As a problem of a load is shown. */
  private static void shown(IllegalArgumentException e) {
    new Loaded.Builder()
        .problem(e.getMessage())
        .build()
        .problems()
        .forEach(problem -> Shown.isOneLine(problem, MOST_OF_PROBLEM));
  }

  /** A row is a limiter or a problem. */
  @FuzzTest
  void limiterRow(byte[] input) throws SQLException {
    FuzzInput fields = new FuzzInput(input);
    long offset = fields.number();
    ResultSet row = row(columns(fields));
    boolean[] read = {false};
    ResultSet rows = proxy(ResultSet.class, (self, method, arguments) -> {
      if (method.getName().equals("next")) {
        boolean first = !read[0];
        read[0] = true;
        return first;
      }
      return method.getName().equals("close") ? null : method.invoke(row, arguments);
    });
    PreparedStatement select = proxy(
        PreparedStatement.class,
        (self, method, arguments) -> method.getName().equals("executeQuery") ? rows : null);
    Loaded.Builder loaded = new Loaded.Builder();
    LimiterRow.load(proxy(Connection.class, (self, method, arguments) -> select), offset, loaded);
    Loaded found = loaded.build();
    assertThat(found.limiters().size() + found.problems().size()).isEqualTo(1);
    found.problems().forEach(problem -> Shown.isOneLine(problem, MOST_OF_PROBLEM));
  }

  private static Map<String, Object> columns(FuzzInput fields) {
    Map<String, Object> columns = new HashMap<>();
    for (String text : TEXTS) {
      String value = fields.text();
      // What the server cannot hold.
      columns.put(
          text,
          value.isEmpty() && text.equals("key")
              ? null
              : value.replace("\u0000", "").replaceAll("\\p{Cs}", "?"));
    }
    for (String number : NUMBERS) {
      columns.put(number, fields.number());
    }
    if (fields.below(2) == 0) {
      columns.remove("open_until_micros");
      columns.remove("paused_until_micros");
    }
    return columns;
  }

  private static ResultSet row(Map<String, Object> columns) {
    return proxy(ResultSet.class, (self, method, arguments) -> {
      String column = (String) arguments[0];
      if (column.endsWith("_bytes")) {
        return bytes(columns.get(column.substring(0, column.length() - "_bytes".length())));
      }
      Object value = columns.get(column);
      return switch (method.getName()) {
        case "getLong" -> value == null ? 0L : value;
        case "getString" -> bytes(value) > MOST_TEXT_BYTES ? null : value;
        default -> value;
      };
    });
  }

  private static long bytes(Object text) {
    return text == null
        ? 0
        : text.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  /** Every text is encoded as one that the server accepts, and decoded as itself. Any stored text is decoded, or an error names the column. */
  @FuzzTest
  void storedText(byte[] input) {
    String text = new FuzzInput(input).restAsText();
    String encoded = StoredText.encode(text);
    assertThat(StoredText.decode("name", encoded)).isEqualTo(text);
    assertThat(encoded).doesNotContain("\u0000");
    assertThat(Shown.hasHalfPair(encoded)).isFalse();
    try {
      String decoded = StoredText.decode("name", text);
      assertThat(decoded.length()).isLessThanOrEqualTo(text.length());
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("name must ");
      shown(e);
    }
  }

  /** A notice is what a writer sends, a UUID and a number; everything else is none. */
  @FuzzTest
  void notice(byte[] input) {
    String payload = new FuzzInput(input).restAsText();
    ChangeNotice notice = ChangeNotice.parse(payload);
    if (payload.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} [1-9][0-9]{0,17}")) {
      String[] parts = payload.split(" ");
      assertThat(notice)
          .isEqualTo(new ChangeNotice(UUID.fromString(parts[0]), Long.parseLong(parts[1])));
    } else {
      assertThat(notice).isNull();
    }
  }

  /** A location connects with what it says, or an error says what is wrong. Neither shows a password. */
  @FuzzTest
  void location(byte[] input) {
    FuzzInput fields = new FuzzInput(input);
    String secret = "5ecret";
    String location =
        "postgresql:" + fields.text() + secret + fields.text() + "@" + fields.restAsText();
    String shown;
    try {
      shown = DatabaseLocation.parse(location).toString();
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageStartingWith("store location must ");
      shown = e.getMessage();
    }
    assertThat(shown).doesNotContain(secret);
    assertThat(shown).doesNotContainPattern("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]");
  }
}
