package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What instances that share a table may do to each other, and what may happen to the table. */
class PostgresqlStateStoreTest {
  private static final Duration NOW = Duration.ZERO;

  private final Deque<StateStore> opened = new ArrayDeque<>();
  private String location;

  @BeforeEach
  void emptySchema() throws Exception {
    location = PostgresServer.shared().newSchema();
  }

  @AfterEach
  void closeStores() {
    while (!opened.isEmpty()) {
      opened.pop().close();
    }
  }

  private StateStore store() throws StateStoreException {
    return store(location);
  }

  private StateStore store(String place) throws StateStoreException {
    StateStore store = new PostgresqlStateStoreProvider().open(place);
    opened.push(store);
    return store;
  }

  private StateStore storeOfClock(InstantSource clock) throws StateStoreException {
    StateStore store = PostgresqlStateStore.open(DatabaseLocation.parse(location), clock);
    opened.push(store);
    return store;
  }

  private static InstantSource fastBy(Duration shift) {
    return InstantSource.offset(InstantSource.system(), shift);
  }

  private static SavedBreaker only(StateStore store) throws StateStoreException {
    StateStore.Loaded loaded = store.load();
    assertThat(loaded.problems()).isEmpty();
    assertThat(loaded.states()).hasSize(1);
    return loaded.states().get(0);
  }

  private int execute(String sql) throws SQLException {
    return PostgresServer.execute(location, sql);
  }

  private String query(String sql) throws SQLException {
    try (Connection connection = DatabaseLocation.parse(location).connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : null;
    }
  }

  /** When the only breaker changed by the server's clock, and in which transaction. */
  private String change() throws SQLException {
    return query(
        "SELECT transitioned_at_micros || ' in ' || changed_in FROM resilience_circuit_breakers");
  }

  // ---- which change wins

  @Test
  void save_changeOfAnotherWriterThatCameEarlier_keepsTheLater() throws Exception {
    StateStore one = store();
    StateStore other = store();
    one.save(List.of(SavedBreakers.open("b", 5, Duration.ofMinutes(10))));

    assertThat(other.save(List.of(SavedBreakers.closed("b", 9, Duration.ofMinutes(40)))))
        .isZero();
    assertThat(only(other).state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(other.save(List.of(SavedBreakers.closed("b", 3, NOW)))).isEqualTo(1);
    assertThat(only(one).state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @ParameterizedTest
  @CsvSource({"PT5H, PT0S", "PT-5H, PT0S", "PT0S, PT5H", "PT0S, PT-5H", "PT-100H, PT100H"})
  @DisplayName("the newest change wins, whoever's wall clock is hours off")
  void save_wallClocksDiffer_theNewestChangeWins(Duration fast, Duration otherFast)
      throws Exception {
    StateStore one = storeOfClock(fastBy(fast));
    StateStore other = storeOfClock(fastBy(otherFast));
    one.save(List.of(SavedBreakers.open("b", null, 2, Duration.ofMinutes(20), fastBy(fast))));

    assertThat(other.save(
            List.of(SavedBreakers.open("b", null, 3, Duration.ofMinutes(30), fastBy(otherFast)))))
        .as("earlier")
        .isZero();
    assertThat(other.save(
            List.of(SavedBreakers.open("b", null, 4, Duration.ofMinutes(10), fastBy(otherFast)))))
        .as("later")
        .isEqualTo(1);
    assertThat(one.save(
            List.of(SavedBreakers.open("b", null, 5, Duration.ofMinutes(15), fastBy(fast)))))
        .as("between")
        .isZero();
    assertThat(one.save(List.of(SavedBreakers.open("b", null, 6, NOW, fastBy(fast)))))
        .as("last")
        .isEqualTo(1);
    assertThat(only(other).generation()).isEqualTo(6);
  }

  @Test
  @DisplayName("times come back by the reader's clock, so that a cooldown ends when it should")
  void load_wallClocksDiffer_convertsTimes() throws Exception {
    Duration fast = Duration.ofHours(5);
    SavedBreaker saved = SavedBreakers.open("b", null, 2, Duration.ofSeconds(10), fastBy(fast));
    StateStore one = storeOfClock(fastBy(fast));
    one.save(List.of(saved));

    assertThat(only(one)).isEqualTo(saved);
    SavedBreaker read = only(store());
    assertThat(read.enteredAt())
        .isCloseTo(saved.enteredAt().minus(fast), within(2, ChronoUnit.SECONDS));
    assertThat(read.openUntil())
        .isCloseTo(saved.openUntil().minus(fast), within(2, ChronoUnit.SECONDS));
    assertThat(Duration.between(read.enteredAt(), read.savedAt()))
        .isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void save_sameChangeAgain_updatesCountsAndKeepsTheTimeOfTheChange() throws Exception {
    StateStore store = store();
    SavedBreaker breaker = SavedBreakers.open("b", 2, Duration.ofSeconds(10));
    store.save(List.of(breaker));
    String change = change();

    // By the writer's clock, which was set forth in between.
    SavedBreaker later = SavedBreakers.later(breaker, Duration.ofHours(3));
    assertThat(store.save(List.of(later))).isEqualTo(1);

    assertThat(only(store)).isEqualTo(later);
    assertThat(change()).isEqualTo(change);
  }

  @Test
  @DisplayName("what was restored is saved by its new owner as the same change")
  void save_restoredChange_isTheSame() throws Exception {
    StateStore before = store();
    before.save(List.of(SavedBreakers.open("b", 2, Duration.ofSeconds(10))));
    before.close();
    String change = change();

    StateStore after = store();
    SavedBreaker restored = only(after);
    Duration since = Duration.between(restored.savedAt(), Instant.now());
    SavedBreaker again = SavedBreakers.later(restored, since.truncatedTo(ChronoUnit.MICROS));
    assertThat(after.save(List.of(again))).isEqualTo(1);

    assertThat(only(after)).isEqualTo(again);
    assertThat(change()).isEqualTo(change);
  }

  @Test
  @DisplayName(
      "of one writer's changes the later wins, however long the saving of the earlier took")
  void save_laterChangeAfterASlowSave_replaces() throws Exception {
    StateStore store = store();
    SavedBreaker slow = SavedBreakers.open("b", 2, NOW);
    store.save(List.of(slow));
    SavedBreaker next = SavedBreakers.breaker(
        "b",
        null,
        CircuitBreakerState.HALF_OPEN,
        3,
        slow.enteredAt().plusMillis(100),
        null,
        slow.enteredAt().plusSeconds(20));

    assertThat(store().save(List.of(next))).as("of another writer").isZero();
    assertThat(store.save(List.of(next))).isEqualTo(1);
    assertThat(only(store).state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  void save_firstChange_replacesWhatNeverChangedAndWasMadeLater() throws Exception {
    store().save(List.of(SavedBreakers.closed("b", 1, NOW)));
    StateStore other = store();

    assertThat(other.save(List.of(SavedBreakers.open("b", 2, Duration.ofSeconds(50)))))
        .isEqualTo(1);
    assertThat(only(other).state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(store().save(List.of(SavedBreakers.closed("b", 1, NOW)))).isZero();
  }

  @Test
  @DisplayName("a change of the future comes from a time when the server's clock was wrong")
  void save_overAChangeOfTheServersFuture_replacesIt() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b", 5, NOW)));
    execute("UPDATE resilience_circuit_breakers"
        + " SET transitioned_at_micros = transitioned_at_micros + 3600000000");

    assertThat(store().save(List.of(SavedBreakers.closed("b", 3, NOW)))).isEqualTo(1);
    assertThat(only(store).state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  @DisplayName(
      "instances that save the same breakers at once, in any order, do not lock each other out")
  void save_bySeveralStoresAtOnce_neverFails() throws Exception {
    int stores = 4;
    ExecutorService threads = Executors.newFixedThreadPool(stores);
    try {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < stores; i++) {
        StateStore store = store();
        Random random = new Random(i);
        results.add(threads.submit(() -> {
          int written = 0;
          for (int round = 0; round < 20; round++) {
            List<SavedBreaker> batch = new ArrayList<>(IntStream.range(0, 200)
                .mapToObj(name -> SavedBreakers.open("b" + name))
                .toList());
            Collections.shuffle(batch, random);
            written += store.save(batch);
            store.purgeSavedBefore(Instant.now().minusSeconds(1));
          }
          return written;
        }));
      }
      for (Future<Integer> result : results) {
        assertThat(result.get()).isPositive();
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(store().load().states()).hasSizeBetween(1, 200);
  }

  // ---- names and rows

  @Test
  @DisplayName(
      "names with what PostgreSQL takes for no text come back, and can be read in the table")
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
  void save_overARowThatNobodyCanRead_replacesIt(String damage) throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b", 5, NOW)));
    execute("UPDATE resilience_circuit_breakers SET " + damage);
    SavedBreaker older = SavedBreakers.closed("b", 1, Duration.ofSeconds(60));

    assertThat(store().save(List.of(older))).isEqualTo(1);
    assertThat(only(store)).isEqualTo(older);
  }

  @Test
  @DisplayName("what is old is old by the server's clock, whoever saved it")
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
  void save_timeBeyondAllNumbers_isRefusedAndNothingIsWritten() throws Exception {
    StateStore store = store();
    SavedBreaker far = SavedBreakers.breaker(
        "far", null, CircuitBreakerState.OPEN, 2, Instant.now(), Instant.MAX, Instant.now());

    assertThatThrownBy(() -> store.save(List.of(SavedBreakers.open("near"), far)))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("microseconds since 1970");
    assertThat(store.load().states()).isEmpty();
  }

  // ---- the schema

  @Test
  void open_severalAtOnceOnAnEmptySchema_createTheTableOnce() throws Exception {
    int stores = 6;
    ExecutorService threads = Executors.newFixedThreadPool(stores);
    try {
      List<Future<StateStore>> opening = new ArrayList<>();
      for (int i = 0; i < stores; i++) {
        opening.add(threads.submit(() -> new PostgresqlStateStoreProvider().open(location)));
      }
      for (Future<StateStore> store : opening) {
        opened.push(store.get());
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(query("SELECT string_agg(version::text, ',') FROM resilience_schema"))
        .isEqualTo("1");
  }

  @Test
  void open_schemaOfVersion1_keepsItsRows() throws Exception {
    // As version 1 was published: this must never change.
    execute("""
        CREATE TABLE resilience_schema (
          version integer NOT NULL PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now());
        INSERT INTO resilience_schema (version) VALUES (1);
        CREATE TABLE resilience_circuit_breakers (
          id bytea NOT NULL PRIMARY KEY, name text NOT NULL, key text, state text NOT NULL,
          generation bigint NOT NULL, entered_at_micros bigint NOT NULL, open_until_micros bigint,
          cooldown_micros bigint NOT NULL, cooldown_step bigint NOT NULL,
          consecutive_failures bigint NOT NULL, consecutive_successes bigint NOT NULL,
          probe_successes bigint NOT NULL, successes bigint NOT NULL, failures bigint NOT NULL,
          ignored bigint NOT NULL, rejected bigint NOT NULL, late bigint NOT NULL,
          slow_calls bigint NOT NULL, declared text NOT NULL, saved_at_micros bigint NOT NULL,
          writer uuid NOT NULL, clock_offset_micros bigint NOT NULL,
          transitioned_at_micros bigint NOT NULL, changed_in bigint NOT NULL);
        INSERT INTO resilience_circuit_breakers VALUES (
          sha256('\\x0000000162'), 'b', NULL, 'open', 2, 1000000, 31000000, 30000000, 1, 2, 6, 0, 1, 2, 3, 4, 5,
          7, 'failureThreshold=5', 1500000, gen_random_uuid(), 0, 1000000, 0)""");

    StateStore store = store();

    Instant second = Instant.ofEpochSecond(1);
    assertThat(only(store))
        .isEqualTo(SavedBreakers.breaker(
            "b",
            null,
            CircuitBreakerState.OPEN,
            2,
            second,
            second.plusSeconds(30),
            second.plusMillis(500)));
    // The row of the same breaker, so what identifies it is as it was.
    assertThat(store.save(List.of(SavedBreakers.closed("b", 3, NOW)))).isEqualTo(1);
    assertThat(only(store).state()).isEqualTo(CircuitBreakerState.CLOSED);
  }

  @Test
  void open_schemaOfANewerVersion_isRefusedAndLeftAsItIs() throws Exception {
    store().close();
    execute("INSERT INTO resilience_schema (version) VALUES (99)");

    assertThatThrownBy(this::store)
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("it has schema version 99")
        .hasMessageContaining("update the library")
        .hasMessageNotContaining("battery");
    assertThat(query("SELECT count(*) FROM resilience_schema")).isEqualTo("2");
  }

  @Test
  void save_tableWasDropped_isMadeAgain() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b")));
    execute("DROP TABLE resilience_circuit_breakers, resilience_schema");

    assertThatThrownBy(() -> store.save(List.of(SavedBreakers.open("b"))))
        .isInstanceOf(StateStoreException.class);
    assertThat(store.save(List.of(SavedBreakers.open("b")))).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "a user who may not create tables uses what another one created, and is told where there is nothing")
  void open_userWithoutRights_needsTheTable() throws Exception {
    String schema = location.substring(location.lastIndexOf('=') + 1);
    execute("CREATE ROLE app_" + schema + " LOGIN PASSWORD 'app'");
    String asApp =
        PostgresServer.shared().location("app_" + schema, "app") + "&currentSchema=" + schema;

    assertThatThrownBy(() -> store(asApp))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("currentSchema");
    store().close();
    execute("GRANT USAGE ON SCHEMA " + schema + " TO app_" + schema);
    execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO app_"
        + schema);
    assertThat(store(asApp).save(List.of(SavedBreakers.open("b")))).isEqualTo(1);
  }

  @Test
  void open_databaseWithAnotherEncoding_isRefused() throws Exception {
    execute("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'");

    assertThatThrownBy(() -> store(location.replace("/postgres?", "/latin?")))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("its encoding is LATIN1; use a database with UTF8");
  }

  // ---- what goes wrong

  @Test
  void open_wrongPassword_saysSoAndNotThePassword() throws Exception {
    String wrong = PostgresServer.shared().location(PostgresServer.USER, "not-the-secret");

    assertThatThrownBy(() -> store(wrong))
        .isInstanceOf(StateStoreException.class)
        .hasMessageStartingWith("cannot open postgresql://127.0.0.1:")
        .hasMessageContaining("password=***")
        .hasMessageContaining("check user and password")
        .hasStackTraceContaining("PSQLException")
        .satisfies(e -> {
          for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain("not-the-secret");
          }
        });
  }

  @Test
  @DisplayName("the password may be in the driver's password file instead of in the location")
  void open_passwordFile_isRead(@TempDir Path folder) throws Exception {
    PostgresServer server = PostgresServer.shared();
    Path file = Files.writeString(
        folder.resolve("pgpass"),
        "127.0.0.1:" + server.port() + ":postgres:" + PostgresServer.USER + ":"
            + PostgresServer.PASSWORD + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    System.setProperty("org.postgresql.pgpassfile", file.toString());
    try {
      assertThat(store(location.replaceAll("password=[^&]*&", ""))
              .save(List.of(SavedBreakers.open("b"))))
          .isEqualTo(1);
    } finally {
      System.clearProperty("org.postgresql.pgpassfile");
    }
  }

  @Test
  void open_userBeforeTheHost_connects() throws Exception {
    String there = location.replace(
        "postgresql://",
        "postgresql://" + PostgresServer.USER + ":correct%20horse%20%26%20battery%2Fstaple%3F@");
    StateStore store = store(there.replaceAll("user=[^&]*&password=[^&]*&", ""));

    assertThat(store.save(List.of(SavedBreakers.open("b")))).isEqualTo(1);
    assertThat(store.toString()).contains("//***@127.0.0.1:").doesNotContain("horse");
  }

  @ParameterizedTest
  @CsvSource({
    "/postgres?, /nowhere?, create the database",
    "127.0.0.1:, 127.0.0.1:1, can be reached"
  })
  void open_noSuchPlace_saysWhatToDo(String there, String elsewhere, String advice) {
    String place = elsewhere.endsWith(":1")
        ? location.replaceAll("127.0.0.1:[0-9]+", elsewhere)
        : location.replace(there, elsewhere);

    assertThatThrownBy(() -> store(place))
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining(advice);
  }

  @Test
  @DisplayName(
      "a row that somebody keeps locked fails the save, in bounded time, and nothing of it is written")
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
  @DisplayName(
      "a connection that the server ended between two saves is replaced, and nobody notices")
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
  @DisplayName("a connection whose other end hangs is given up and replaced")
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
  void everything_afterClosing_isRefused() throws Exception {
    StateStore store = store();
    store.close();

    assertThatThrownBy(() -> store.save(List.of(SavedBreakers.open("b"))))
        .hasMessageContaining("it is closed");
    assertThatThrownBy(store::load).hasMessageContaining("it is closed");
    assertThatThrownBy(() -> store.purgeSavedBefore(Instant.now()))
        .hasMessageContaining("it is closed");
  }
}
