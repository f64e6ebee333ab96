package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Quotas on a real server, and whole runtimes in real time. */
@Tag("any-jdk")
class PostgresqlQuotaStoreTest {
  private static final Duration DAY = Duration.ofDays(1);

  private String location;

  @BeforeEach
  void emptySchema() throws Exception {
    location = PostgresServer.shared().newSchema();
  }

  private QuotaStore store() throws QuotaStoreException {
    return new PostgresqlQuotaStoreProvider().open(location);
  }

  private static QuotaRequest wants(int permits) {
    return builder(permits).build();
  }

  private static QuotaRequest.Builder builder(int permits) {
    return QuotaRequest.builder()
        .quota("ratelimiter:api")
        .settings("limit=10")
        .instance(new UUID(1, 1))
        .limit(10)
        .period(DAY)
        .burst(1_000)
        .wanted(permits);
  }

  private static String query(String location, String sql) throws SQLException {
    try (Connection connection = DatabaseLocation.parse(location).connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  @Tag("FL-08")
  @DisplayName("a lease is one statement on one connection, and holds no transaction open")
  void lease_many_isOneStatementEach() throws Exception {
    try (QuotaStore store = store()) {
      for (int i = 0; i < 20; i++) {
        store.lease(wants(1));
      }
      String mine = " FROM pg_stat_activity WHERE application_name = 'resilience' AND query LIKE"
          + " 'WITH given%'";

      assertThat(query(location, "SELECT count(*)" + mine)).isEqualTo("1");
      assertThat(query(location, "SELECT state" + mine)).isEqualTo("idle");
      assertThat(query(location, "SELECT count(*) FROM resilience_quotas")).isEqualTo("1");
    }
  }

  @Test
  @Tag("FL-08")
  @DisplayName(
      "a row that another client keeps locked ends a request within its limit, and not the store")
  void lease_rowIsLocked_failsWithinItsLimit() throws Exception {
    try (QuotaStore store = store();
        Connection other = DatabaseLocation.parse(location).connect();
        Statement statement = other.createStatement()) {
      store.lease(wants(1));
      other.setAutoCommit(false);
      statement.execute("SELECT * FROM resilience_quotas FOR UPDATE");

      assertThatThrownBy(() -> store.lease(wants(1)))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("lock timeout")
          .hasMessageNotContaining("battery");
      other.rollback();
      assertThat(store.lease(wants(1)).granted()).isOne();
    }
  }

  /** The process of the server that serves a store whose location names this application. */
  private String process(String application) throws SQLException {
    return query(
        location,
        "SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE application_name = '"
            + application + "'");
  }

  private void execute(String sql) throws SQLException {
    PostgresServer.execute(location, sql);
  }

  private static void assertOfOneQuota(Throwable e) {
    assertThat(e)
        .isInstanceOf(QuotaStoreException.class)
        .hasMessageNotContaining("battery")
        .satisfies(
            known -> assertThat(((QuotaStoreException) known).isOfOneQuota()).isTrue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lock",
        "statement",
        "trigger",
        "constraint",
        "overflow",
        "settings are long",
        "settings are foreign",
        "request is long",
        "name is long"
      })
  @DisplayName(
      "a request that fails because of its quota keeps the connection, which other quotas use")
  void lease_quotaFails_keepsTheConnection(String kind) throws Exception {
    String application = "one-" + kind.replace(' ', '-');
    try (QuotaStore store =
            new PostgresqlQuotaStoreProvider().open(location + "&ApplicationName=" + application);
        Connection other = DatabaseLocation.parse(location).connect();
        Statement statement = other.createStatement()) {
      store.lease(wants(1));
      String process = process(application);
      QuotaRequest.Builder request = builder(1);
      other.setAutoCommit(false);
      switch (kind) {
        case "lock" -> statement.execute("SELECT * FROM resilience_quotas FOR UPDATE");
        case "statement" -> execute(trigger("PERFORM pg_sleep(60)"));
        case "trigger" -> execute(trigger("RAISE EXCEPTION 'no'"));
        case "constraint" ->
          execute("ALTER TABLE resilience_quotas ADD CHECK (quota <> 'ratelimiter:api') NOT VALID");
        case "overflow" ->
          execute("UPDATE resilience_quotas SET level = -9.9 * 10::numeric ^ 131071");
        case "settings are long" ->
          execute("UPDATE resilience_quotas SET settings = repeat('x', 60001)");
        case "settings are foreign" -> execute("UPDATE resilience_quotas SET settings = '\\x'");
        case "request is long" -> request.settings("\0".repeat(10_001));
        case "name is long" -> request.quota("\0".repeat(10_001));
        default -> throw new IllegalArgumentException(kind);
      }

      assertOfOneQuota(catchThrowable(() -> store.lease(request.earned(1e300).build())));
      assertThat(store.lease(builder(1).quota("other").build()).granted()).isOne();
      assertThat(process(application)).isEqualTo(process);
    }
  }

  private static String trigger(String body) {
    return "CREATE FUNCTION hinder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        + "IF new.quota <> 'other' THEN " + body + "; END IF; RETURN new; END $$;"
        + "CREATE TRIGGER hindrance BEFORE UPDATE ON resilience_quotas FOR EACH ROW EXECUTE"
        + " FUNCTION hinder()";
  }

  @Test
  @DisplayName("a connection that was ended is a failure of the store, and the next request opens"
      + " another")
  void lease_connectionEnded_isAFailureOfTheStore() throws Exception {
    try (QuotaStore store =
        new PostgresqlQuotaStoreProvider().open(location + "&ApplicationName=ended")) {
      store.lease(wants(1));
      assertThat(query(location, "SELECT pg_terminate_backend(" + process("ended") + ", 10000)"))
          .isEqualTo("t");

      assertThat(catchThrowable(() -> store.lease(wants(1))))
          .isInstanceOf(QuotaStoreException.class)
          .satisfies(e -> assertThat(((QuotaStoreException) e).isOfOneQuota()).isFalse());
      assertThat(store.lease(wants(1)).granted()).isOne();
    }
  }

  @Test
  @DisplayName("settings that another client wrote, too long or not readable, are replaced when the"
      + " quota was not used for the tenure")
  void lease_foreignSettings_areTakenOver() throws Exception {
    try (QuotaStore store = store()) {
      for (String settings : List.of("repeat('x', 60001)", "'\\x'")) {
        store.lease(wants(1));
        execute("UPDATE resilience_quotas SET settings = " + settings);
        assertOfOneQuota(catchThrowable(() -> store.lease(wants(1))));
        execute("UPDATE resilience_quotas SET at_micros = at_micros - 61000000");
        assertThat(store.lease(wants(1)).granted()).isOne();
      }
      execute("UPDATE resilience_quotas SET settings = repeat('x', 60000)");
      assertThat(store.lease(wants(1)).otherSettings()).hasSize(60_000);
    }
  }

  static Stream<String> foreignNumbers() {
    List<String> bigints =
        List.of("-9223372036854775808", "-1", "0", "9223372036854775807", "NULL");
    return Stream.of(
            Stream.of("'NaN'", "1e300", "-1e300", "1e400", "-1e400", "'Infinity'", "'-Infinity'")
                .map(level -> "resilience_quotas SET level = " + level),
            bigints.stream()
                .filter(value -> !value.equals("NULL"))
                .map(value -> "resilience_quotas SET at_micros = " + value),
            bigints.stream().map(value -> "resilience_quotas SET full_at_micros = " + value),
            Stream.of("-2147483648", "2147483647")
                .map(value -> "resilience_quotas SET granted = " + value),
            bigints.stream()
                .filter(value -> !value.equals("NULL"))
                .map(value -> "resilience_quota_instances SET seen_at_micros = " + value))
        .flatMap(updates -> updates);
  }

  @ParameterizedTest
  @MethodSource("foreignNumbers")
  @DisplayName("numbers of another client are bounded, and neither a lease nor a purge fails")
  void lease_foreignNumbers_areBounded(String update) throws Exception {
    boolean isInfinite = update.contains("Infinity");
    String version = query(location, "SHOW server_version_num");
    Assumptions.assumeTrue(
        !isInfinite || Integer.parseInt(version) >= 140_000, "numbers are finite before 14");
    try (QuotaStore store = store()) {
      store.lease(wants(1));
      store.lease(builder(1).instance(new UUID(2, 2)).build());
      execute("UPDATE " + update);
      assertThat(store.lease(builder(0).settings("other").build()).left()).isFinite();
      QuotaLease lease = store.lease(builder(5_000).build());
      assertThat(lease.granted()).isBetween(0, 1_000);
      assertThat(lease.left()).isFinite();
      assertThat(lease.instances()).isBetween(1, 2);
    }
    // A level of minus infinity stays until it is removed by hand; it grants nothing.
    execute("UPDATE " + update);
    store().close();
  }

  @Test
  @DisplayName("rows of instances that are gone for a day are removed when a store is opened")
  void open_rowsOfGoneInstances_areRemoved() throws Exception {
    try (QuotaStore store = store()) {
      store.lease(wants(1));
      store.lease(builder(1).instance(new UUID(2, 2)).build());
      store.lease(builder(1).instance(new UUID(3, 3)).build());
      execute("UPDATE resilience_quota_instances SET seen_at_micros = seen_at_micros"
          + " + CASE instance::text WHEN '" + new UUID(1, 1) + "' THEN -90000000000"
          + " WHEN '" + new UUID(2, 2) + "' THEN 90000000000 ELSE -80000000000 END");
    }
    store().close();

    assertThat(query(
            location,
            "SELECT string_agg(instance::text, ',') FROM" + " resilience_quota_instances"))
        .isEqualTo(new UUID(3, 3).toString());
  }

  @ParameterizedTest
  @CsvSource({
    "-31, 0, true", // full at once
    "-29, 0, false",
    "-31, 1, false", // full tomorrow
    "-31, -1, true",
    "31, 40, true", // of a clock that was ahead
    "29, 40, false"
  })
  @DisplayName("a quota is removed if it is unused for thirty days, and full")
  void open_unusedQuota_isRemovedWhenFull(int usedDay, int fullDay, boolean isRemoved)
      throws Exception {
    try (QuotaStore store = store()) {
      store.lease(builder(1).burst(1).build());
      execute("UPDATE resilience_quotas SET full_at_micros = at_micros + 86400000000 * " + fullDay
          + " - 1000000, at_micros = at_micros + 86400000000 * " + usedDay);
    }
    store().close();

    assertThat(query(location, "SELECT count(*) FROM resilience_quotas"))
        .isEqualTo(isRemoved ? "0" : "1");
  }

  @ParameterizedTest
  @CsvSource({
    "10, P1D, 1000, 500, P50D",
    "10, P1D, 1000, 0, PT0S",
    "0, P1D, 1000, 500, PT0S",
    "1, P365D, 1000, 500, P3650D",
    "1e-300, P106751D, 1000, 500, PT0S"
  })
  @DisplayName("a row says when its quota is full, ten years ahead at most")
  void lease_saysWhenItIsFull(
      double limit, Duration period, int burst, int taken, Duration expected) throws Exception {
    try (QuotaStore store = store()) {
      QuotaRequest.Builder request = builder(taken).limit(limit).period(period).burst(burst);
      String select = "SELECT (full_at_micros - at_micros) / 1000000 FROM resilience_quotas";
      store.lease(request.build());
      long first = Long.parseLong(query(location, select));
      assertThat(Duration.ofSeconds(first)).isBetween(expected.minusSeconds(60), expected);
      store.lease(request.wanted(0).build());
      long again = Long.parseLong(query(location, select));
      assertThat(Duration.ofSeconds(again)).isBetween(expected.minusSeconds(60), expected);
    }
  }

  @Test
  @DisplayName("a purge removes a thousand rows of each table, and the rest waits for later leases")
  void purge_manyRows_isBounded() throws Exception {
    store().close();
    execute("INSERT INTO resilience_quotas SELECT sha256(i::text::bytea), i::text, 's', 0, 0, 0, 0"
        + " FROM generate_series(1, 2500) AS i");
    execute("INSERT INTO resilience_quota_instances SELECT sha256(i::text::bytea),"
        + " gen_random_uuid(), 0 FROM generate_series(1, 2500) AS i");
    try (QuotaStore store = store()) {
      List<String> left = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        left.add(query(
            location,
            "SELECT (SELECT count(*) FROM resilience_quotas) || ' '"
                + " || (SELECT count(*) FROM resilience_quota_instances)"));
        for (int lease = 0; lease < 100; lease++) {
          store.lease(wants(0));
        }
      }

      // One row each is the store's own, after its first lease.
      assertThat(left).containsExactly("1500 1500", "501 501", "1 1");
    }
  }

  @Test
  @DisplayName("rows that cannot be purged hinder neither opening nor a lease")
  void purge_fails_changesNothing() throws Exception {
    store().close();
    execute("CREATE FUNCTION hinder() RETURNS trigger LANGUAGE plpgsql AS"
        + " $$ BEGIN RAISE EXCEPTION 'no'; END $$;"
        + "CREATE TRIGGER hindrance BEFORE DELETE ON resilience_quotas FOR EACH STATEMENT EXECUTE"
        + " FUNCTION hinder()");
    try (QuotaStore store = store()) {
      assertThat(store.lease(wants(1)).granted()).isOne();
    }
  }

  @Test
  @Tag("FL-07")
  @DisplayName("instances whose wall clocks are an hour apart share the limit as others do")
  void fleet_wallClocksDiffer_sharesTheLimit() throws Exception {
    RateLimiterConfig config = RateLimiterConfig.smooth(100, DAY)
        .burst(100)
        .shared()
        .whenAlone(WhenAlone.REJECT) // one that is alone for a moment adds nothing
        .build();
    List<Resilience> fleet = new ArrayList<>();
    try {
      for (long hours : new long[] {-1, 0, 1}) {
        fleet.add(Resilience.builder()
            .name("shifted " + hours)
            .timeSource(ShiftedTime.by(Duration.ofHours(hours)))
            .stateStore(location)
            .build());
      }
      int[] admitted = new int[1];
      Await.until("the fleet has used the limit up", () -> {
        for (Resilience instance : fleet) {
          RateLimiter limiter = instance.rateLimiter("api", config);
          while (limiter.tryAcquire()) {
            admitted[0]++;
          }
        }
        return admitted[0] >= 100;
      });
      assertThat(fleet.get(0).rateLimiter("api", config).snapshot().instances()).isEqualTo(3);
      // Each may owe one call, and one more that came before the first answer.
      assertThat(admitted[0]).isLessThanOrEqualTo(106);
    } finally {
      fleet.forEach(Resilience::close);
    }
  }

  @Test
  @Tag("FL-04")
  @Tag("FL-05")
  @DisplayName(
      "when the server is stopped the instance goes on alone, and when it is back it leases again")
  void server_stoppedAndStarted_isLeftAndUsedAgain() throws Exception {
    RateLimiterConfig config =
        RateLimiterConfig.smooth(1_000, Duration.ofSeconds(1)).shared().build();
    try (PostgresServer server = PostgresServer.start();
        Resilience instance =
            Resilience.builder().name("one").quotaStore(server.location()).build()) {
      RateLimiter limiter = instance.rateLimiter("api", config);
      Await.until("it leases", () -> limiter.snapshot().instances() == 1);
      server.stop();
      Await.until("it is alone", () -> {
        limiter.tryAcquire();
        return limiter.snapshot().isAlone();
      });
      Await.until("it takes its share", limiter::tryAcquire);
      server.launch();
      Await.until("it leases again", () -> !limiter.snapshot().isAlone());
      Await.until("it admits", limiter::tryAcquire);
    }
  }
}
