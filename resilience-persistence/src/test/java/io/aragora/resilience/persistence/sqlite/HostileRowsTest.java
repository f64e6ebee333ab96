package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.SAVED_AT;
import static io.aragora.resilience.persistence.sqlite.SavedBreakers.entered;
import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * If another application writes any value into a column, the application still gets its breaker, and the row can be replaced.
 */
@Timeout(120)
@Tag("any-jdk")
class HostileRowsTest extends SqliteStoreFixture {
  static final Map<String, String> VALUES = Map.ofEntries(
      Map.entry("least", "-9223372036854775808"),
      Map.entry("minus one", "-1"),
      Map.entry("zero", "0"),
      Map.entry("most", "9223372036854775807"),
      Map.entry("most but one", "9223372036854775806"),
      Map.entry("300 years after 1970", "9467280000000000"),
      Map.entry("300 years before 1970", "-9467280000000000"),
      Map.entry("2^53 + 1", "9007199254740993"),
      Map.entry("beyond an int", "4294967296"),
      Map.entry("real", "1.5"),
      Map.entry("infinite", "9e999"),
      Map.entry("no number", "9e999 - 9e999"),
      Map.entry("null", "NULL"),
      Map.entry("text", "'ajar'"),
      Map.entry("number as text", "'7'"),
      Map.entry("empty", "''"),
      Map.entry("lines", "'a' || char(10) || 'WARNING b' || char(27) || '[0m'"),
      Map.entry("bytes", "x'00ff80'"),
      Map.entry("text too long", "replace(hex(zeroblob(5001)), '00', 'xy')"),
      Map.entry("huge text", "replace(hex(zeroblob(500000)), '0', 'x')"),
      Map.entry("huge bytes", "zeroblob(1000000)"));

  private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
      .failureThreshold(1)
      .cooldown(Duration.ofSeconds(30))
      .build();

  static Stream<String> columns() {
    return BreakerRow.COLUMNS.stream();
  }

  /** As ours, but that nothing keeps NULL out. */
  private void loosen() throws Exception {
    String columns = String.join(", ", BreakerRow.COLUMNS);
    execute(
        "ALTER TABLE circuit_breakers RENAME TO strict_one",
        "CREATE TABLE circuit_breakers (" + columns + ", PRIMARY KEY (name, key))",
        "INSERT INTO circuit_breakers SELECT " + columns + " FROM strict_one",
        "DROP TABLE strict_one",
        "CREATE INDEX circuit_breakers_by_save ON circuit_breakers (saved_at_micros)");
  }

  @ParameterizedTest
  @MethodSource("columns")
  @DisplayName(
      "whatever a column contains, the application gets its breaker, and the row is replaced")
  void column_holdsAnything_applicationGetsItsBreaker(String column) throws Exception {
    List<String> values = VALUES.keySet().stream().sorted().toList();
    try (SqliteStateStore store = open()) {
      store.save(List.of(named("good")));
      store.save(values.stream().map(value -> declared(named(value, 5), CONFIG)).toList());
      loosen();
      execute(values.stream()
          .map(value -> "UPDATE circuit_breakers SET " + column + " = " + VALUES.get(value)
              + " WHERE name = '" + value + "'")
          .toArray(String[]::new));
    }
    try (Resilience resilience = Resilience.builder()
        .timeSource(ManualTime.create())
        .stateStore("sqlite:" + file)
        .requireStateStore(true)
        .stateRetention(Duration.ofDays(365))
        .build()) {
      assertThat(resilience.circuitBreaker("good").snapshot().totals().failures())
          .isEqualTo(2);
      for (String value : values) {
        assertOpens(resilience.circuitBreaker(value, CONFIG));
      }
      assertThat(resilience.flush(Duration.ofSeconds(5))).isTrue();
    }
    try (SqliteStateStore store = open()) {
      StateStore.Loaded loaded = store.load();
      assertThat(loaded.states())
          .filteredOn(state -> state.key() == null && state.state() == CircuitBreakerState.OPEN)
          .extracting(SavedBreaker::name)
          .containsAll(values);
      assertThat(loaded.problems())
          .allSatisfy(problem -> assertThat(problem).doesNotContain("\n").hasSizeLessThan(600));
    }
  }

  private static void assertOpens(CircuitBreaker breaker) {
    breaker.reset();
    breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
    assertThat(breaker.state()).as(breaker.name()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().remainingCooldown())
        .as(breaker.name())
        .isLessThanOrEqualTo(Duration.ofSeconds(30));
  }

  private static SavedBreaker declared(SavedBreaker row, CircuitBreakerConfig config) {
    return row.toBuilder().declared(config.toString()).build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generation = 9223372036854775807",
        "generation = -5",
        "opened_by_hand = 2",
        "probe_failures = -1",
        "cooldown_micros = -1",
        "late = 'x'",
        "declared = zeroblob(3)",
        "saved_at_micros = 9223372036854775807",
        "state = zeroblob(9)",
        "open_until_micros = 9223372036854775807"
      })
  @DisplayName("an unreadable row is replaced even by a breaker that never changed")
  void row_unreadable_isReplacedByAnyone(String damage) throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("bad", 5)));
    execute("UPDATE circuit_breakers SET " + damage);
    assertThat(store.load().problems()).hasSize(1);

    SavedBreaker fresh = entered("bad", 1, SAVED_AT.minusSeconds(50), SAVED_AT);
    assertThat(store.save(List.of(fresh))).isEqualTo(1);

    assertThat(store.load().states()).containsExactly(fresh);
    execute("UPDATE circuit_breakers SET " + damage);
    assertThat(store.remove(List.of(fresh))).isEqualTo(1);
  }

  @Test
  void rows_ofMadeUpKeys_areBounded() throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("db")));
    int rows = StateStore.Loaded.MAX_ROWS + 5_000;
    for (int from = 0; from < rows; from += 5_000) {
      store.save(
          Stream.iterate(from, i -> i + 1).limit(5_000).map(i -> key("k", i)).toList());
    }
    assertThat(query("SELECT count(*) FROM circuit_breakers"))
        .isEqualTo(String.valueOf(StateStore.Loaded.MAX_ROWS));
    assertThat(query("SELECT count(*) FROM circuit_breakers WHERE name = 'db'")).isEqualTo("1");
  }

  private static SavedBreaker key(String name, int key) {
    SavedBreaker row = named(name);
    return SavedBreaker.builder(name)
        .key("made up " + key)
        .enteredAt(row.enteredAt())
        .totals(row.totals())
        .savedAt(row.savedAt())
        .build();
  }
}
