package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever others write into the table, the application gets its breaker, and the row can be replaced. */
@Timeout(120)
@Tag("any-jdk")
class HostileTableTest extends PostgresqlStoreFixture {
  private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
      .failureThreshold(1)
      .cooldown(Duration.ofSeconds(30))
      .build();

  private static final List<String> TEXTS = List.of("state", "declared");
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
      "clock_offset_micros",
      "transitioned_at_micros",
      "changed_in");

  static Stream<Arguments> columns() {
    return Stream.concat(
        TEXTS.stream()
            .map(column -> arguments(
                column,
                List.of(
                    "''",
                    "'ajar'",
                    "E'a\\nWARNING b\\u001b[0m'",
                    "E'\\\\n'",
                    "repeat('x', 10001)",
                    "repeat('x', 5000000)"))),
        NUMBERS.stream()
            .map(column -> arguments(
                column,
                List.of(
                    "-9223372036854775808",
                    "-1",
                    "0",
                    "9223372036854775806",
                    "9223372036854775807",
                    "9467280000000000",
                    "-9467280000000000",
                    "9007199254740993",
                    "4294967296"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("columns")
  @DisplayName(
      "whatever a column contains, the application gets its breaker, and the row is replaced")
  void column_holdsAnything_applicationGetsItsBreaker(String column, List<String> values)
      throws Exception {
    List<String> names = new ArrayList<>();
    StateStore store = store();
    for (int i = 0; i < values.size(); i++) {
      names.add("bad-" + i);
      store.save(List.of(SavedBreakers.open("bad-" + i, 5, NOW)));
      execute("UPDATE resilience_circuit_breakers SET " + column + " = " + values.get(i)
          + " WHERE name = 'bad-" + i + "'");
    }
    try (Resilience resilience =
        Resilience.builder().stateStore(location).requireStateStore(true).build()) {
      for (String name : names) {
        CircuitBreaker breaker = resilience.circuitBreaker(name, CONFIG);
        breaker.reset();
        breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
        assertThat(breaker.snapshot().remainingCooldown())
            .isBetween(Duration.ZERO, Duration.ofSeconds(30));
      }
      assertThat(resilience.flush(Duration.ofSeconds(20))).isTrue();
    }
    StateStore.Loaded loaded = store.load();
    assertThat(loaded.states())
        .filteredOn(state -> state.state() == CircuitBreakerState.OPEN)
        .extracting(SavedBreaker::name)
        .containsAll(names);
    assertThat(loaded.problems())
        .allSatisfy(problem -> assertThat(problem).doesNotContain("\n").hasSizeLessThan(600));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("columns")
  @DisplayName(
      "whatever a column contains, an instance in the same state saves and removes the row")
  void column_holdsAnything_sameStateIsSavedAndRemoved(String column, List<String> values)
      throws Exception {
    SavedBreaker open = SavedBreakers.open("bad", 5, NOW);
    for (String value : values) {
      store().save(List.of(open));
      execute("UPDATE resilience_circuit_breakers SET " + column + " = " + value);
      assertThatCode(() -> store().save(List.of(open))).as(value).doesNotThrowAnyException();
      execute("UPDATE resilience_circuit_breakers SET " + column + " = " + value);
      assertThatCode(() -> store().remove(List.of(open))).as(value).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generation = 9223372036854775807",
        "cooldown_micros = -1",
        "late = 9007199254740993",
        "declared = repeat('x', 60001)",
        "saved_at_micros = 9223372036854775807",
        "open_until_micros = 9223372036854775807"
      })
  @DisplayName("an unreadable row is replaced or removed even by a breaker that never changed")
  void row_unreadable_isReplacedByAnyone(String damage) throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("bad", 5, NOW)));
    execute("UPDATE resilience_circuit_breakers SET " + damage);
    assertThat(store.load().problems()).hasSize(1);

    SavedBreaker fresh = SavedBreakers.closed("bad", 1, Duration.ofSeconds(50));
    assertThat(store().save(List.of(fresh))).isEqualTo(1);

    assertThat(store.load().states()).containsExactly(fresh);
    execute("UPDATE resilience_circuit_breakers SET " + damage);
    assertThat(store.remove(List.of(fresh))).isEqualTo(1);
  }

  @Test
  @DisplayName("a text of 40 MB is not read")
  void text_of40Megabytes_isReportedBySize() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("db"), SavedBreakers.open("bad")));
    execute("UPDATE resilience_circuit_breakers SET declared = repeat('x', 40000000)"
        + " WHERE name = 'bad'");

    StateStore.Loaded loaded = store.load();

    assertThat(loaded.states()).extracting(SavedBreaker::name).containsExactly("db");
    assertThat(loaded.problems())
        .containsExactly(
            "skipped 'bad': declared must have at most 10000 characters: 40000000 bytes");
  }

  @Test
  @DisplayName(
      "if there are more rows than are read, the most important are read, and a purge removes "
          + "the others")
  void rows_moreThanAreRead_areReadInPartAndTrimmed() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("db", 5, NOW)));
    int surplus = 1_000;
    execute("""
        INSERT INTO resilience_circuit_breakers
        SELECT decode(lpad(to_hex(i), 8, '0'), 'hex'), 'k', 'made up ' || i,
          CASE i %% 5 WHEN 0 THEN 'ajar' ELSE 'closed' END, 1, saved_at_micros, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'x',
          saved_at_micros, writer, clock_offset_micros, transitioned_at_micros, 0, 0, 0
        FROM resilience_circuit_breakers, generate_series(1, %d) AS i""".formatted(StateStore.Loaded.MAX_ROWS + surplus - 1));

    StateStore.Loaded loaded = store.load();
    assertThat(loaded.states().get(0).name()).isEqualTo("db");
    assertThat(loaded.states()).hasSizeLessThanOrEqualTo(StateStore.Loaded.MAX_ROWS);
    assertThat(loaded.problems().get(0)).startsWith("at least " + surplus + " rows");

    assertThat(store.purgeSavedBefore(Instant.now().minusSeconds(60))).isEqualTo(surplus);
    assertThat(query("SELECT count(*) FROM resilience_circuit_breakers"))
        .isEqualTo(String.valueOf(StateStore.Loaded.MAX_ROWS));
    assertThat(store.load().states().get(0).name()).isEqualTo("db");

    store.save(List.of(SavedBreakers.open("one more")));
    assertThat(store.purgeSavedBefore(Instant.MAX)).isEqualTo(PostgresqlStateStore.MAX_PURGED);
    assertThat(store.purgeSavedBefore(Instant.MAX)).isEqualTo(1);
  }
}
