package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server that is unreachable, returns, or does not respond. */
@Tag("any-jdk")
class OutageTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static CircuitBreakerConfig config() {
    return CircuitBreakerConfig.builder()
        .failureThreshold(3)
        .cooldown(Duration.ofMinutes(10))
        .followPeers(true)
        .build();
  }

  private static Resilience runtime(String name, PostgresServer server) {
    return Resilience.builder().name(name).stateStore(server.location()).build();
  }

  private static void trip(CircuitBreaker breaker) {
    for (int i = 0; i < 3; i++) {
      breaker.recordFailure(breaker.tryAcquirePermit(), new IllegalStateException("down"));
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  private static boolean contains(@Nullable String text, String part) {
    return text != null && text.contains(part);
  }

  @Test
  @DisplayName(
      "without the server calls continue, and when it is back, each instance receives what it"
          + " missed")
  void server_stoppedAndStarted_isCaughtUpBothWays() throws Exception {
    try (PostgresServer server = PostgresServer.start();
        Resilience one = runtime("one", server);
        Resilience other = runtime("other", server)) {
      CircuitBreaker here = one.circuitBreaker("here", config());
      CircuitBreaker there = other.circuitBreaker("there", config());
      assertThat(one.flush(LIMIT)).isTrue();
      assertThat(one.status().stateStore().failingSince()).isNull();

      server.stop();
      trip(one.circuitBreaker("there", config()));
      trip(other.circuitBreaker("here", config()));
      for (int i = 0; i < 1_000; i++) {
        assertThat(here.call(() -> "served")).isEqualTo("served");
        assertThat(there.call(() -> "served")).isEqualTo("served");
      }
      Await.until(
          "the outage shows, first at the connection that listens",
          () -> contains(one.status().stateStore().lastError(), "127.0.0.1")
              && other.status().stateStore().failingSince() != null);
      assertThat(one.status().stateStore().lastError()).doesNotContain("battery");
      assertThat(one.status().stateStore().location()).doesNotContain("battery");
      assertThat(one.flush(LIMIT)).isFalse();

      server.launch();
      Await.until(
          "both follow",
          () -> here.state() == CircuitBreakerState.OPEN
              && there.state() == CircuitBreakerState.OPEN);
      Await.until(
          "the outage is over",
          () -> one.status().stateStore().failingSince() == null
              && other.status().stateStore().failingSince() == null);
    }
  }

  @Test
  @DisplayName("a runtime starts without the server, and saves its state as soon as the server is"
      + " available")
  void server_startsAfterTheRuntime_isUsed() throws Exception {
    try (PostgresServer server = PostgresServer.start()) {
      server.stop();
      try (Resilience resilience = runtime("early", server)) {
        assertThat(resilience.status().stateStore().failingSince()).isNotNull();
        trip(resilience.circuitBreaker("b", config()));
        server.launch();
        Await.until(
            "it is saved",
            () -> resilience.status().stateStore().failingSince() == null
                && resilience.status().stateStore().saved() > 0);
      }
      try (Resilience later = runtime("later", server)) {
        assertThat(later.circuitBreaker("b", config()).state()).isEqualTo(CircuitBreakerState.OPEN);
      }
    }
  }

  @Test
  @DisplayName("a store whose server is unreachable closes at once, together with its listener")
  void close_whileTheServerIsGone_endsEverything() throws Exception {
    try (PostgresServer server = PostgresServer.start()) {
      StateStore store = new PostgresqlStateStoreProvider().open(server.location());
      store.watch(state -> {});
      server.stop();
      assertThatThrownBy(() -> store.save(List.of(SavedBreakers.open("b"))))
          .isInstanceOf(StateStoreException.class);
      store.close();
      Await.until(
          "no thread listens",
          () -> Thread.getAllStackTraces().keySet().stream()
              .noneMatch(thread -> thread.getName().equals("resilience-postgresql-listener")));
    }
  }

  @Test
  @DisplayName("a server that accepts connections but does not respond blocks no caller for long")
  void server_saysNothing_isGivenUp() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      String location = "postgresql://127.0.0.1:" + silent.getLocalPort()
          + "/app?sslmode=disable&user=me&password=secret";
      long begun = System.nanoTime();

      assertThatThrownBy(() -> new PostgresqlStateStoreProvider().open(location))
          .isInstanceOf(StateStoreException.class)
          .hasMessageNotContaining("secret");
      assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begun)).isLessThan(60);
    }
  }
}
