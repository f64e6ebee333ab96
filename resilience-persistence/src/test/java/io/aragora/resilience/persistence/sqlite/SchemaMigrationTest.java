package io.aragora.resilience.persistence.sqlite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of every version before this one, as they were written then. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SchemaMigrationTest {
  private static final String NEWEST = "4";

  /** Never changes: such files are out there. */
  private static final List<String> VERSION_1 = List.of(
      "PRAGMA journal_mode = WAL",
      """
      CREATE TABLE circuit_breakers (
        name                 TEXT    NOT NULL PRIMARY KEY,
        state                TEXT    NOT NULL,
        generation           INTEGER NOT NULL,
        entered_at_micros    INTEGER NOT NULL,
        open_until_micros    INTEGER,
        cooldown_micros      INTEGER NOT NULL,
        cooldown_step        INTEGER NOT NULL,
        consecutive_failures INTEGER NOT NULL,
        probe_successes      INTEGER NOT NULL,
        successes            INTEGER NOT NULL,
        failures             INTEGER NOT NULL,
        ignored              INTEGER NOT NULL,
        rejected             INTEGER NOT NULL,
        late                 INTEGER NOT NULL,
        declared             TEXT    NOT NULL,
        saved_at_micros      INTEGER NOT NULL
      )""",
      "CREATE INDEX circuit_breakers_by_save ON circuit_breakers (saved_at_micros)",
      "INSERT INTO circuit_breakers VALUES ('prices', 'open', 7, 1774747799999999, 1774753200000001,"
          + " 7200000005, 3, 9, 0, 11, 12, 13, 14, 15, 'failureThreshold=5', 1774747800123456)",
      "INSERT INTO circuit_breakers VALUES ('tenants:a:b', 'closed', 1, 1774747799999999, NULL,"
          + " 0, 0, 2, 1, 21, 22, 23, 24, 25, '', 1774747800123457)",
      "INSERT INTO circuit_breakers VALUES ('it''s ''quoted''', 'half_open', 2, 1774747799999999,"
          + " NULL, 0, 1, 0, 1, 0, 0, 0, 0, 0, '', 1774747800123458)",
      "PRAGMA user_version = 1");

  /** What version 1 did not know is zero, and its names stay what they are, colons and all. */
  private static final List<SavedBreaker> ROWS_OF_VERSION_1 = List.of(
      SavedBreaker.builder("prices")
          .state(CircuitBreakerState.OPEN)
          .generation(7)
          .enteredAt(micros(1774747799999999L))
          .openUntil(micros(1774753200000001L))
          .cooldown(Duration.ofSeconds(7200).plusNanos(5_000))
          .cooldownStep(3)
          .consecutiveFailures(9)
          .totals(CircuitBreakerTotals.builder()
              .successes(11)
              .failures(12)
              .ignored(13)
              .rejected(14)
              .late(15)
              .build())
          .declared("failureThreshold=5")
          .savedAt(micros(1774747800123456L))
          .build(),
      SavedBreaker.builder("tenants:a:b")
          .enteredAt(micros(1774747799999999L))
          .consecutiveFailures(2)
          .probeSuccesses(1)
          .totals(CircuitBreakerTotals.builder()
              .successes(21)
              .failures(22)
              .ignored(23)
              .rejected(24)
              .late(25)
              .build())
          .savedAt(micros(1774747800123457L))
          .build(),
      SavedBreaker.builder("it's 'quoted'")
          .state(CircuitBreakerState.HALF_OPEN)
          .generation(2)
          .enteredAt(micros(1774747799999999L))
          .cooldownStep(1)
          .probeSuccesses(1)
          .savedAt(micros(1774747800123458L))
          .build());

  /** Never changes, either. */
  private static final List<String> VERSION_2 = List.of(
      "PRAGMA journal_mode = WAL",
      """
      CREATE TABLE circuit_breakers (
        name                  TEXT    NOT NULL,
        key                   TEXT    NOT NULL,
        state                 TEXT    NOT NULL,
        generation            INTEGER NOT NULL,
        entered_at_micros     INTEGER NOT NULL,
        open_until_micros     INTEGER,
        cooldown_micros       INTEGER NOT NULL,
        cooldown_step         INTEGER NOT NULL,
        consecutive_failures  INTEGER NOT NULL,
        consecutive_successes INTEGER NOT NULL,
        probe_successes       INTEGER NOT NULL,
        successes             INTEGER NOT NULL,
        failures              INTEGER NOT NULL,
        ignored               INTEGER NOT NULL,
        rejected              INTEGER NOT NULL,
        late                  INTEGER NOT NULL,
        slow_calls            INTEGER NOT NULL,
        declared              TEXT    NOT NULL,
        saved_at_micros       INTEGER NOT NULL,
        PRIMARY KEY (name, key)
      )""",
      "CREATE INDEX circuit_breakers_by_save ON circuit_breakers (saved_at_micros)",
      "INSERT INTO circuit_breakers VALUES ('prices', 'k', 'half_open', 7, 1774747799999999, NULL,"
          + " 0, 3, 9, 8, 1, 11, 12, 13, 14, 15, 16, 'failureThreshold=5', 1774747800123456)",
      "PRAGMA user_version = 2");

  /** Never changes, either. */
  private static final List<String> VERSION_3 = Stream.concat(
          VERSION_2.stream(),
          Stream.of(
              "ALTER TABLE circuit_breakers ADD COLUMN opened_by_hand INTEGER NOT NULL DEFAULT 0",
              "ALTER TABLE circuit_breakers ADD COLUMN probe_failures INTEGER NOT NULL DEFAULT 0",
              "UPDATE circuit_breakers SET opened_by_hand = 1, probe_failures = 2",
              "PRAGMA user_version = 3"))
      .toList();

  @TempDir
  Path folder;

  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("state.db");
  }

  private static Instant micros(long micros) {
    return Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000);
  }

  private SqliteStateStore open() throws StateStoreException {
    return SqliteStateStore.open(new DatabaseFile(file), 5_000);
  }

  private void execute(List<String> statements) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private List<String> query(String sql) throws Exception {
    List<String> found = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }

  private void assertMigrated() throws Exception {
    try (SqliteStateStore store = open()) {
      assertThat(store.load().problems()).isEmpty();
      assertThat(store.load().states()).containsExactlyInAnyOrderElementsOf(ROWS_OF_VERSION_1);
    }
    assertThat(query("PRAGMA user_version")).containsExactly(NEWEST);
    assertThat(query("SELECT name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))
        .as("and nothing else")
        .containsExactly("circuit_breakers", "circuit_breakers_by_save", "rate_limiters");
    assertThat(query("PRAGMA integrity_check")).containsExactly("ok");
  }

  private void assertStillVersion1() throws Exception {
    assertThat(query("PRAGMA user_version")).containsExactly("1");
    assertThat(query("SELECT name FROM circuit_breakers ORDER BY name"))
        .containsExactly("it's 'quoted'", "prices", "tenants:a:b");
    assertThat(query("SELECT tbl_name FROM sqlite_master WHERE name = 'circuit_breakers_by_save'"))
        .containsExactly("circuit_breakers");
  }

  @Test
  @Tag("fault-74")
  @DisplayName("a new file contains its version")
  void open_newFile_hasVersionIndexAndWriteAheadLog() throws Exception {
    open().close();

    assertThat(query("PRAGMA user_version")).containsExactly(NEWEST);
    assertThat(query("PRAGMA journal_mode")).containsExactly("wal");
    assertThat(query("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
        .containsExactly("circuit_breakers_by_save");
  }

  @Test
  @Tag("fault-74")
  @DisplayName("a file of a newer version is rejected, and not changed")
  void open_newerVersion_isRejectedAndLeftAsItWas() throws Exception {
    open().close();
    execute(List.of("PRAGMA user_version = 5"));
    byte[] before = Files.readAllBytes(file);

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(this::open)
        .withMessage(
            "cannot use " + file + ": it has schema version 5, and this library knows versions up"
                + " to 4; update the library, or let stateStore name another file");

    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(folder).isDirectoryNotContaining("glob:**.corrupt-*");
  }

  @ParameterizedTest
  @DisplayName("the database of another application is rejected, and not changed")
  @ValueSource(strings = {"circuit_breakers", "customers"})
  void open_foreignTable_isRejectedAndLeftAsItWas(String table) throws Exception {
    execute(List.of("CREATE TABLE " + table + " (something_else)"));
    byte[] before = Files.readAllBytes(file);

    assertThatExceptionOfType(StateStoreException.class)
        .isThrownBy(this::open)
        .withMessage("cannot use " + file + ": another application keeps '" + table
            + "' in it; let stateStore name another file");

    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  @DisplayName("a migration from version 2 keeps every row; what it did not know is zero")
  void open_version2_rowsAreKept() throws Exception {
    execute(VERSION_2);

    try (SqliteStateStore store = open()) {
      assertThat(store.load().problems()).isEmpty();
      assertThat(store.load().states())
          .containsExactly(SavedBreaker.builder("prices")
              .key("k")
              .state(CircuitBreakerState.HALF_OPEN)
              .generation(7)
              .enteredAt(micros(1774747799999999L))
              .cooldownStep(3)
              .consecutiveFailures(9)
              .consecutiveSuccesses(8)
              .probeSuccesses(1)
              .totals(CircuitBreakerTotals.builder()
                  .successes(11)
                  .failures(12)
                  .ignored(13)
                  .rejected(14)
                  .late(15)
                  .build())
              .slowCalls(16)
              .declared("failureThreshold=5")
              .savedAt(micros(1774747800123456L))
              .build());
    }
    assertThat(query("PRAGMA user_version")).containsExactly(NEWEST);
  }

  @Test
  @Tag("RL-30")
  @DisplayName("a migration from version 3 keeps every row, and has room for rate limiters")
  void open_version3_rowsAreKeptAndLimitersAreSaved() throws Exception {
    execute(VERSION_3);
    SavedLimiter limiter =
        SavedLimiter.builder("quota").fullAt(micros(7)).savedAt(micros(5)).build();

    try (SqliteStateStore store = open()) {
      assertThat(store.load().problems()).isEmpty();
      assertThat(store.load().limiters()).isEmpty();
      assertThat(store.load().states()).singleElement().satisfies(row -> {
        assertThat(row.openedByHand()).isTrue();
        assertThat(row.probeFailures()).isEqualTo(2);
        assertThat(row.slowCalls()).isEqualTo(16);
      });
      store.saveLimiters(List.of(limiter));
    }
    try (SqliteStateStore store = open()) {
      assertThat(store.load().limiters()).containsExactly(limiter);
    }
    assertThat(query("PRAGMA user_version")).containsExactly(NEWEST);
  }

  @Nested
  class From1 {
    @BeforeEach
    void write() throws Exception {
      execute(VERSION_1);
    }

    @Test
    @DisplayName("a migration from version 1 keeps every row, names with colons, and the index")
    void open_rows_areKept() throws Exception {
      assertMigrated();
    }

    @Test
    @DisplayName("a migration from version 1 that fails half-way leaves the file as it was")
    void open_migrationFails_isRolledBackAndDoneLater() throws Exception {
      execute(List.of("CREATE TABLE circuit_breakers_1 (of_another_application)"));

      assertThatExceptionOfType(StateStoreException.class)
          .isThrownBy(SchemaMigrationTest.this::open)
          .withMessageContaining("cannot open " + file)
          .withMessageContaining("circuit_breakers_1");

      assertStillVersion1();
      execute(List.of("DROP TABLE circuit_breakers_1"));
      assertMigrated();
    }

    @Test
    @DisplayName(
        "a process that is killed during a migration from version 1 leaves the file as it was")
    void open_processIsKilledHalfWay_isRolledBackAndDoneLater() throws Exception {
      try (ChildJvm child = ChildJvm.start(
          HalfMigration.class, folder, List.of(ChildJvm.NATIVE_ACCESS), file.toString())) {
        assertThat(child.nextLine()).isEqualTo("DROP TABLE circuit_breakers_1");
        child.kill();
      }

      assertStillVersion1();
      assertMigrated();
    }

    @Test
    @DisplayName("if two processes open a file of version 1 at once, one of them migrates it")
    void open_twoProcessesAtOnce_bothOpen() throws Exception {
      try (ChildJvm one = openInChild();
          ChildJvm other = openInChild()) {
        assertThat(one.nextLine()).isEqualTo("opened");
        assertThat(other.nextLine()).isEqualTo("opened");
      }

      assertMigrated();
    }

    private ChildJvm openInChild() throws Exception {
      return ChildJvm.start(
          OpenOnce.class, folder, List.of(ChildJvm.NATIVE_ACCESS), "sqlite:" + file);
    }
  }
}
