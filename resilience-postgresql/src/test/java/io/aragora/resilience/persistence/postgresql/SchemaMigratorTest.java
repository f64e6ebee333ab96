package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The schema and its migration. */
class SchemaMigratorTest extends PostgresqlStoreFixture {
  private static final List<String> TABLES = List.of(
      "resilience_schema",
      "resilience_circuit_breakers",
      "resilience_rate_limiters",
      "resilience_quotas",
      "resilience_quota_instances");

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
    assertThat(
            query("SELECT string_agg(version::text, ',' ORDER BY version) FROM resilience_schema"))
        .isEqualTo("1,2,3,4,5");
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
  void open_schemaOfANewerVersion_isRejectedAndLeftAsItIs() throws Exception {
    store().close();
    execute("INSERT INTO resilience_schema (version) VALUES (99)");

    assertThatThrownBy(this::store)
        .isInstanceOf(StateStoreException.class)
        .hasMessageContaining("it has schema version 99")
        .hasMessageContaining("update the library")
        .hasMessageNotContaining("battery");
    assertThat(query("SELECT count(*) FROM resilience_schema")).isEqualTo("6");
  }

  /** Each set of tables but the empty one. */
  static Stream<List<String>> dropped() {
    return IntStream.range(1, 1 << TABLES.size())
        .mapToObj(set -> IntStream.range(0, TABLES.size())
            .filter(i -> (set & 1 << i) != 0)
            .mapToObj(TABLES::get)
            .toList());
  }

  @ParameterizedTest
  @MethodSource("dropped")
  @DisplayName("whatever tables were dropped, a store that is opened makes them again, and the"
      + " others keep their rows")
  void open_tablesWereDropped_areMadeAgain(List<String> tables) throws Exception {
    store().save(List.of(SavedBreakers.open("b")));
    execute("DROP TABLE " + String.join(", ", tables));

    boolean isKept = !tables.contains("resilience_circuit_breakers");
    StateStore again = store();
    assertThat(again.load().states()).hasSize(isKept ? 1 : 0);
    assertThat(again.save(List.of(SavedBreakers.open("c")))).isEqualTo(1);
    again.saveLimiters(List.of(SharedLimitersTest.limiter("l")));
    try (QuotaStore quotas = new PostgresqlQuotaStoreProvider().open(location)) {
      assertThat(
              quotas.lease(QuotaRequest.builder().quota("q").wanted(1).build()).granted())
          .isOne();
    }
    assertThat(
            query("SELECT string_agg(version::text, ',' ORDER BY version) FROM resilience_schema"))
        .isEqualTo("1,2,3,4,5");
  }

  @Test
  void save_tableWasDropped_isMadeAgain() throws Exception {
    StateStore store = store();
    store.save(List.of(SavedBreakers.open("b")));
    execute("DROP TABLE resilience_circuit_breakers");

    assertThatThrownBy(() -> store.save(List.of(SavedBreakers.open("b"))))
        .isInstanceOf(StateStoreException.class);
    assertThat(store.save(List.of(SavedBreakers.open("b")))).isEqualTo(1);
  }

  @Test
  @DisplayName("a user without the right to create tables uses existing ones, and gets an error if"
      + " there are none")
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
}
