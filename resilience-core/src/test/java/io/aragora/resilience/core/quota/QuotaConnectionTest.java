package io.aragora.resilience.core.quota;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.internal.runtime.ResilienceSettings.QuotaSetting;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.quota.WhenAlone;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a quota store is opened, asked, given up and closed. */
class QuotaConnectionTest {
  private static final QuotaRequest REQUEST = QuotaRequest.builder()
      .quota("q")
      .settings("s")
      .instance(new UUID(0, 1))
      .limit(1)
      .period(Duration.ofSeconds(1))
      .burst(1)
      .build();
  private static final QuotaLease LEASE = QuotaLease.builder().granted(1).build();

  private final ManualTime time = ManualTime.create();
  private final RecordedLog log = RecordedLog.of(QuotaConnection.class);
  private int opened;
  private int asked;
  private int closed;
  private Exception failure;

  @AfterEach
  void recordNoMore() {
    log.close();
  }

  private final class Store implements QuotaStore {
    @Override
    public QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
      asked++;
      if (failure instanceof QuotaStoreException known) {
        throw known;
      }
      if (failure instanceof RuntimeException other) {
        throw other;
      }
      return LEASE;
    }

    @Override
    public void close() {
      closed++;
      throw new IllegalStateException("close fails");
    }
  }

  private QuotaConnection connection(boolean canReopen) {
    return new QuotaConnection(
        "r",
        new QuotaSetting(
            "memory",
            () -> {
              opened++;
              return new Store();
            },
            canReopen),
        time);
  }

  private static Throwable failureOf(QuotaConnection connection) {
    return catchThrowable(() -> connection.lease(REQUEST));
  }

  private void failWith(String message) {
    failure = new QuotaStoreException(message, null);
  }

  @Test
  void lease_opensTheStoreOnce() throws Exception {
    QuotaConnection connection = connection(true);
    assertThat(opened).isZero();
    assertThat(connection.lease(REQUEST)).isSameAs(LEASE);
    assertThat(connection.lease(REQUEST)).isSameAs(LEASE);
    assertThat(opened).isEqualTo(1);
    assertThat(connection.location()).isEqualTo("memory");
  }

  @Test
  void oneFailure_isNoOutage_norIsOneAfterAnAnswer() throws Exception {
    QuotaConnection connection = connection(true);
    for (int i = 0; i < 3; i++) {
      failWith("down");
      assertThat(failureOf(connection)).isSameAs(failure);
      failure = null;
      assertThat(connection.lease(REQUEST)).isSameAs(LEASE);
    }
    assertThat(asked).isEqualTo(6);
    assertThat(opened).isEqualTo(1);
    assertThat(log.messages()).isEmpty();
  }

  @Test
  void outage_isSharedForHalfASecond_andTheStoreIsOpenedAnew() throws Exception {
    QuotaConnection connection = connection(true);
    failWith("first");
    failureOf(connection);
    failWith("second");
    assertThat(failureOf(connection)).isSameAs(failure);
    assertThat(closed).isEqualTo(1);
    Exception second = failure;
    failure = null;
    time.advance(Duration.ofMillis(500).minusNanos(1));
    assertThat(failureOf(connection)).isSameAs(second);
    assertThat(asked).isEqualTo(2);

    time.advance(Duration.ofNanos(1));
    assertThat(connection.lease(REQUEST)).isSameAs(LEASE);
    assertThat(opened).isEqualTo(2);
    assertThat(log.messages())
        .hasSize(2)
        .satisfies(
            lines -> assertThat(lines.get(0))
                .startsWith("WARNING runtime 'r': no answer from the quota store memory")
                .endsWith("second"),
            lines -> assertThat(lines.get(1)).startsWith("INFO").contains("answers again"));
  }

  @Test
  void failuresOfOneQuota_areNoOutage_andLeaveTheStoreOpen() throws Exception {
    QuotaConnection connection = connection(true);
    failure = QuotaStoreException.ofOneQuota("foreign", null);
    for (int i = 0; i < 10; i++) {
      assertThat(failureOf(connection)).isSameAs(failure);
    }
    failure = null;
    assertThat(connection.lease(REQUEST)).isSameAs(LEASE);
    assertThat(opened).isEqualTo(1);
    assertThat(closed).isZero();
    assertThat(log.messages()).isEmpty();
  }

  @Test
  void failuresOfOneQuota_duringAnOutage_doNotEndIt() throws Exception {
    QuotaConnection connection = connection(true);
    failWith("down");
    failureOf(connection);
    failure = QuotaStoreException.ofOneQuota("foreign", null);
    failureOf(connection);
    failWith("down");
    failureOf(connection);
    assertThat(closed).isEqualTo(1);
    time.advance(Duration.ofSeconds(1));
    failure = QuotaStoreException.ofOneQuota("foreign", null);
    failureOf(connection);
    assertThat(log.messages()).as("the outage only").hasSize(1);

    failure = null;
    assertThat(connection.lease(REQUEST)).isSameAs(LEASE);
    assertThat(log.messages()).hasSize(2);
  }

  @Test
  void outage_thatLasts_isLoggedOnce() {
    QuotaConnection connection = connection(true);
    failWith("down");
    for (int i = 0; i < 10; i++) {
      failureOf(connection);
      time.advance(Duration.ofSeconds(1));
    }
    assertThat(asked).isEqualTo(10);
    assertThat(log.messages()).hasSize(1);
  }

  @Test
  void outage_ofAStoreThatTheApplicationMade_leavesItOpen() {
    QuotaConnection connection = connection(false);
    failWith("down");
    for (int i = 0; i < 3; i++) {
      failureOf(connection);
      time.advance(Duration.ofSeconds(1));
    }
    assertThat(opened).isEqualTo(1);
    assertThat(closed).isZero();
  }

  @Test
  void storeThatThrowsAnything_fails() {
    failure = new IllegalStateException("bug");
    assertThat(failureOf(connection(true)))
        .isInstanceOf(QuotaStoreException.class)
        .hasMessage("the quota store failed: java.lang.IllegalStateException")
        .hasCause(failure);
  }

  @Test
  void close_closesTheStore_andNothingIsLeasedAfterwards() throws Exception {
    QuotaConnection connection = connection(true);
    connection.lease(REQUEST);
    connection.close();
    assertThat(closed).isEqualTo(1);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> connection.lease(REQUEST)).hasMessage("the runtime is closed");
    }
    assertThat(opened).isEqualTo(1);
    assertThat(log.messages()).as("no outage").isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void close_beforeTheFirstLease_closesAStoreOfTheApplication_andOpensNoOther(boolean canReopen) {
    connection(canReopen).close();
    assertThat(opened).isEqualTo(canReopen ? 0 : 1);
    assertThat(closed).isEqualTo(opened);
  }

  @Test
  void closedRuntime_closesItsStore() {
    try (Resilience resilience =
        Resilience.builder().timeSource(time).quotaStore(new Store()).build()) {
      resilience.rateLimiter(
          "api", RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).shared().build());
      time.advance(Duration.ofMillis(1));
      assertThat(asked).isPositive();
      assertThat(closed).isZero();
    }
    time.runPending();
    assertThat(closed).isEqualTo(1);
  }

  @Test
  void text_isTheMessage_orTheClassIfThereIsNone() {
    assertThat(QuotaConnection.text(new IllegalStateException("down"))).isEqualTo("down");
    assertThat(QuotaConnection.text(new Silent())).isEqualTo(Silent.class.getName());
  }

  private static final class Silent extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }
  }

  @Test
  void rule_times_areThoseOfTheRate() {
    assertThat(QuotaRule.largestLease(100, Duration.ofSeconds(1), 40)).isEqualTo(25);
    assertThat(QuotaRule.largestLease(100, Duration.ofSeconds(2), 40)).isEqualTo(12);
    assertThat(QuotaRule.largestLease(100, Duration.ofSeconds(1), 7)).isEqualTo(7);
    assertThat(QuotaRule.largestLease(1, Duration.ofHours(1), 7)).isEqualTo(1);
    QuotaRule rule =
        new QuotaRule("q", "s", 10, Duration.ofSeconds(2), 5, true, 5, WhenAlone.SHARE, 1);
    assertThat(rule.permitsPerSecond()).isEqualTo(5);
    assertThat(rule.nanosFor(3)).isEqualTo(Duration.ofMillis(600).toNanos());
    assertThat(rule.nanosFor(-1)).isZero();
    assertThat(rule.nanosFor(1e12)).isEqualTo(Duration.ofDays(1).toNanos());
  }
}
