package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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
    return QuotaRequest.builder()
        .quota("ratelimiter:api")
        .settings("limit=10")
        .instance(new UUID(1, 1))
        .limit(10)
        .period(DAY)
        .burst(1_000)
        .wanted(permits)
        .build();
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

  @Test
  @DisplayName("foreign data in a quota's row is a failure or a level that is bounded, never more")
  void lease_foreignData_isBounded() throws Exception {
    for (String level : List.of("'NaN'", "1e300", "-1e300", "'Infinity'", "'-Infinity'")) {
      try (QuotaStore store = store()) {
        store.lease(wants(1));
        PostgresServer.execute(location, "UPDATE resilience_quotas SET level = " + level);
        try {
          assertThat(store.lease(wants(5_000)).granted()).as(level).isBetween(0, 1_000);
        } catch (QuotaStoreException e) {
          assertThat(e).as(level).hasMessageStartingWith("cannot lease from ");
        }
      }
      PostgresServer.execute(location, "DELETE FROM resilience_quotas");
    }
  }

  @Test
  @DisplayName("rows of instances that are gone for a day are removed when a store is opened")
  void open_rowsOfGoneInstances_areRemoved() throws Exception {
    try (QuotaStore store = store()) {
      store.lease(wants(1));
      PostgresServer.execute(
          location,
          "UPDATE resilience_quota_instances SET seen_at_micros = seen_at_micros - 90000000000");
    }
    store().close();

    assertThat(query(location, "SELECT count(*) FROM resilience_quota_instances"))
        .isEqualTo("0");
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
