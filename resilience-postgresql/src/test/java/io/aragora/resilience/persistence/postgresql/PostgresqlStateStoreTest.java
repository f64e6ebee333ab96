package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Saved state is restored, whatever its name and whatever happens to its row or connection. */
@Tag("any-jdk")
class PostgresqlStateStoreTest extends PostgresqlStoreFixture {
  @Test
  @DisplayName("names that PostgreSQL rejects as text are restored, and readable in the table")
  void save_namesThatAreNoText_comeBack() throws Exception {
    List<String> names = List.of(
        "nul\0",
        "\0",
        "\\0",
        "\\u0000",
        "\uD83D",
        "\uDD25\uD83D",
        "back\\slash",
        "'\"\n\uD83D\uDD25",
        "\0".repeat(10_000),
        "\uD83D".repeat(10_000));
    List<SavedBreaker> breakers = new ArrayList<>();
    for (String name : names) {
      breakers.add(SavedBreakers.open(name));
      breakers.add(SavedBreakers.open("k", name, 2, NOW, InstantSource.system()));
    }
    StateStore store = store();

    assertThat(store.save(breakers)).isEqualTo(breakers.size());
    assertThat(store.load().problems()).isEmpty();
    assertThat(store.load().states()).containsExactlyInAnyOrderElementsOf(breakers);
    assertThat(query("SELECT name FROM resilience_circuit_breakers WHERE name LIKE 'nul%'"))
        .isEqualTo("nul\\u0000");
  }

  @ParameterizedTest
  @CsvSource({
    "state = 'ajar', ajar",
    "generation = -1, generation must not be negative: -1",
    "cooldown_micros = -5, cooldown_micros must not be negative: -5",
    "cooldown_step = 3000000000, cooldown_step must be at most 2147483647: 3000000000",
    "late = -9, late must not be negative: -9",
    "entered_at_micros = 9223372036854775807, overflow",
    "name = E'bad\\\\\\\\n', name must have a backslash or u and four digits after each backslash"
  })
  void load_rowWithAWrongValue_isReportedAndSkipped(String damage, String problem)
      throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("bad"), SavedBreakers.open("good")));
    String offset = damage.startsWith("entered_at") ? ", clock_offset_micros = 3600000000" : "";
    assertThat(execute("UPDATE resilience_circuit_breakers SET "
            + damage.replace("\\\\\\\\", "\\\\") + offset + " WHERE name = 'bad'"))
        .isEqualTo(1);

    StateStore.Loaded loaded = store.load();

    assertThat(loaded.states()).singleElement().matches(state -> state.name().equals("good"));
    assertThat(loaded.problems())
        .singleElement()
        .asString()
        .startsWith("skipped 'bad")
        .contains(problem);
  }

  @ParameterizedTest
  @CsvSource({"state = 'ajar'", "generation = -1"})
  void save_overARowThatCannotBeRead_replacesIt(String damage) throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b", 5, NOW)));
    execute("UPDATE resilience_circuit_breakers SET " + damage);
    SavedBreaker older = SavedBreakers.closed("b", 1, Duration.ofSeconds(60));

    assertThat(store().save(List.of(older))).isEqualTo(1);
    assertThat(only(store)).isEqualTo(older);
  }

  @Test
  @DisplayName("the age of a row is measured by the server's clock, whichever instance saved it")
  void purge_wallClocksDiffer_goesByTheServersClock() throws Exception {
    Duration slow = Duration.ofHours(-100);
    StateStore other = storeOfClock(fastBy(slow));
    other.save(List.of(SavedBreakers.open("b", null, 2, NOW, fastBy(slow))));
    StateStore store = store();

    assertThat(store.purgeSavedBefore(Instant.now().minus(Duration.ofHours(72))))
        .isZero();
    assertThat(store.purgeSavedBefore(Instant.now().plusSeconds(60))).isEqualTo(1);
    assertThat(store.load().states()).isEmpty();
  }

  @Test
  void purge_farthestInstant_isEverything() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("a"), SavedBreakers.open("b")));

    assertThat(store.purgeSavedBefore(Instant.MIN)).isZero();
    assertThat(store.purgeSavedBefore(Instant.MAX)).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "a row that another client keeps locked fails the save in bounded time, and nothing of"
          + " it is written")
  void save_rowIsLocked_failsAndTheNextSucceeds() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b")));
    List<SavedBreaker> batch = List.of(SavedBreakers.open("a"), SavedBreakers.closed("b", 3, NOW));
    try (Connection holder = DatabaseLocation.parse(location).connect();
        Statement statement = holder.createStatement()) {
      holder.setAutoCommit(false);
      statement.execute("SELECT 1 FROM resilience_circuit_breakers FOR UPDATE");

      assertThatThrownBy(() -> store.save(batch))
          .isInstanceOf(StateStoreException.class)
          .hasMessageContaining("holds a lock");
      assertThat(only(store).name()).isEqualTo("b");
      holder.rollback();
    }
    assertThat(store.save(batch)).isEqualTo(2);
  }

  @Test
  @DisplayName("a connection that the server ended between two saves is replaced without an error")
  void save_connectionWasEnded_connectsAnew() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b")));
    String schema = location.substring(location.lastIndexOf('=') + 1);
    assertThat(query("SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
            + " WHERE pid <> pg_backend_pid() AND application_name = 'resilience'"))
        .as("connections, one of them of " + schema)
        .isNotEqualTo("0");

    assertThat(store.save(List.of(SavedBreakers.open("c")))).isEqualTo(1);
    assertThat(store.load().states()).hasSize(2);
  }

  @Test
  @DisplayName("a connection whose server hangs is closed and replaced")
  void save_connectionHangs_connectsAnew() throws Exception {
    StateStore store = store(location + "&socketTimeout=1&ApplicationName=hanging");
    store.save(List.of(SavedBreakers.open("b")));
    String process = query("SELECT pid FROM pg_stat_activity WHERE application_name = 'hanging'");
    PostgresServer.signal("STOP", process);
    try {
      assertThat(store.save(List.of(SavedBreakers.open("c")))).isEqualTo(1);
    } finally {
      PostgresServer.signal("CONT", process);
    }
    assertThat(store.load().states()).hasSize(2);
  }

  @Test
  @DisplayName("a batch of more rows than a statement has is saved and removed completely")
  void saveAndRemove_moreThanAStatementHas_countsEachRow() throws Exception {
    StateStore store = store();
    List<SavedBreaker> keys = IntStream.range(0, 1_001)
        .mapToObj(i -> SavedBreakers.open("b", "k" + i, 2, NOW, InstantSource.system()))
        .toList();

    assertThat(store.save(keys)).isEqualTo(keys.size());
    assertThat(store.remove(keys.subList(1, 1_001))).isEqualTo(1_000);
    assertThat(only(store)).isEqualTo(keys.get(0));
    assertThat(store.remove(List.of())).isZero();
  }

  @Test
  void everything_afterClosing_isRejected() throws Exception {
    StateStore store = store();
    store.close();

    assertThatThrownBy(() -> store.save(List.of(SavedBreakers.open("b"))))
        .hasMessageContaining("it is closed");
    assertThatThrownBy(store::load).hasMessageContaining("it is closed");
    assertThatThrownBy(() -> store.purgeSavedBefore(Instant.now()))
        .hasMessageContaining("it is closed");
  }
}
