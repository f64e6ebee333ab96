package io.aragora.resilience.persistence.sqlite;

import static io.aragora.resilience.persistence.sqlite.SavedBreakers.SAVED_AT;
import static io.aragora.resilience.persistence.sqlite.SavedBreakers.named;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.persistence.StateStore;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are larger than the memory of the application that opens them. */
@Timeout(120)
@Tag("any-jdk")
class SmallHeapTest extends SqliteStoreFixture {
  /** Opens the file by a runtime that has little memory, and returns the state of its breaker 'db'. */
  private String stateInASmallHeap() throws Exception {
    try (ChildJvm child = ChildJvm.start(
        RuntimeOnDemand.class,
        folder,
        List.of(ChildJvm.NATIVE_ACCESS, "-Xmx64m"),
        "sqlite:" + file)) {
      assertThat(child.ask("error")).isEqualTo("null");
      return child.ask("state db");
    }
  }

  private int rows() throws Exception {
    return Integer.parseInt(query("SELECT count(*) FROM circuit_breakers"));
  }

  /** Two million take a minute: {@code -Dresilience.rows=2000000}. */
  private static final int ROWS = Integer.getInteger("resilience.rows", 150_000);

  @ParameterizedTest
  @ValueSource(ints = {0, 100})
  @DisplayName(
      "if there are more rows than memory holds, the most important are read, and the others "
          + "are removed in parts")
  void rows_moreThanMemoryHolds_areReadInPartAndTrimmed(int daysOld) throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("db", 5)));
    execute("PRAGMA synchronous = OFF", """
        INSERT INTO circuit_breakers
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
        SELECT 'k', 'made up ' || i, CASE i %% 5 WHEN 0 THEN 'ajar' ELSE 'closed' END, 1, 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
          'x', 1774747800123456 - %d, 0, 0 FROM n""".formatted(
            ROWS, Duration.ofDays(daysOld).toNanos() / 1_000));
    store.close();

    assertThat(stateInASmallHeap()).isEqualTo("open");

    SqliteStateStore again = open();
    int before = rows();
    int removed = again.purgeSavedBefore(SAVED_AT.minusSeconds(1_000));
    assertThat(rows()).isEqualTo(before - removed);
    assertThat(rows())
        .isLessThanOrEqualTo(
            Math.max(StateStore.Loaded.MAX_ROWS, 1 + ROWS - 2 * SqliteStateStore.MAX_PURGED));
    assertThat(query("SELECT count(*) FROM circuit_breakers WHERE name = 'db'")).isEqualTo("1");
  }

  @Test
  @DisplayName("a text of 400 MB is not read")
  void text_of400Megabytes_isReportedBySize() throws Exception {
    SqliteStateStore store = open();
    store.save(List.of(named("db"), named("bad")));
    execute(
        "PRAGMA synchronous = OFF",
        "UPDATE circuit_breakers SET declared = CAST(zeroblob(400000000) AS TEXT) WHERE name = 'bad'");
    store.close();

    assertThat(stateInASmallHeap()).isEqualTo("open");

    StateStore.Loaded loaded = open().load();
    assertThat(loaded.states()).contains(named("db"));
    assertThat(loaded.problems())
        .containsExactly(
            "skipped 'bad': declared must have at most 10000 characters: 400000000 bytes");
  }
}
