package io.aragora.resilience.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A server that is killed, returns, or hangs. */
class OutageTest {
  private static QuotaRequest request() {
    return QuotaRequest.builder()
        .quota("q")
        .settings("s")
        .limit(1)
        .burst(5)
        .wanted(5)
        .build();
  }

  @Test
  @DisplayName("without the server limiters continue alone, and when it is back, together again")
  void server_killedAndStarted_isUsedAgain() throws Exception {
    try (RedisServer server = RedisServer.start();
        Resilience one =
            Resilience.builder().name("one").quotaStore(server.location()).build()) {
      RateLimiter limiter = one.rateLimiter(
          "api", RateLimiterConfig.smooth(1_000, Duration.ofSeconds(1)).shared().build());
      Await.until("the server counts it", () -> limiter.snapshot().instances() == 1);

      server.kill();
      Await.until(
          "it is alone", () -> limiter.tryAcquire() && limiter.snapshot().isAlone());
      Await.until("it admits calls", limiter::tryAcquire);

      server.launch();
      Await.until("it is not alone", () -> {
        boolean unused = limiter.tryAcquire();
        return !limiter.snapshot().isAlone();
      });
    }
  }

  @Test
  @DisplayName(
      "a server that hangs blocks a request for the timeout, and closing for little longer")
  void server_hangs_isGivenUp() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      QuotaStore store = Await.opened(server.location());
      server.signal("STOP");
      long begun = System.nanoTime();
      assertThatThrownBy(() -> store.lease(request()))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("no answer within 500 ms")
          .hasMessageNotContaining("battery");
      store.close();
      assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun)).isLessThan(60);

      server.signal("CONT");
      Await.until("it is back", () -> {
        try (QuotaStore again = new RedisQuotaStoreProvider().open(server.location())) {
          return again.lease(request()).instances() == 1;
        } catch (QuotaStoreException e) {
          return false;
        }
      });
    }
  }

  @Test
  @DisplayName("an open store whose server is gone fails at once, and leases when it is back")
  void server_gone_failsAtOnceUntilItIsBack() throws Exception {
    try (RedisServer server = RedisServer.start();
        QuotaStore store = new RedisQuotaStoreProvider().open(server.patient("x"))) {
      server.kill();
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> store.lease(request()))
            .isInstanceOf(QuotaStoreException.class)
            .hasMessageNotContaining("within")
            .hasMessageNotContaining("battery");
      }
      assertThatThrownBy(() -> new RedisQuotaStoreProvider().open(server.location()))
          .isInstanceOf(QuotaStoreException.class)
          .hasMessageContaining("cannot open redis://***@127.0.0.1:" + server.port())
          .hasMessageContaining("check that the server runs");
      server.launch();
      assertThat(store.lease(request()).granted()).isEqualTo(5);
    }
  }

  @Test
  @DisplayName("an interrupted request ends and keeps the interrupt")
  void lease_interrupted_ends() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      QuotaStore store = new RedisQuotaStoreProvider().open(server.patient("x"));
      server.signal("STOP");
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> store.lease(request())).isInstanceOf(QuotaStoreException.class);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      store.close();
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
