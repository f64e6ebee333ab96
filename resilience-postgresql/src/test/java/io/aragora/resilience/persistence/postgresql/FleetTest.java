package io.aragora.resilience.persistence.postgresql;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runtimes that share a table, in real time. */
class FleetTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private String location;

  @BeforeEach
  void emptySchema() throws Exception {
    location = PostgresServer.shared().newSchema();
  }

  private Resilience runtime(String name) {
    return Resilience.builder()
        .name(name)
        .stateStore(location)
        .requireStateStore(true)
        .build();
  }

  private Resilience runtime(String name, ShiftedTime time) throws Exception {
    return Resilience.builder()
        .name(name)
        .timeSource(time)
        .stateStore(PostgresqlStateStore.open(DatabaseLocation.parse(location), time))
        .requireStateStore(true)
        .build();
  }

  private static CircuitBreakerConfig config(boolean shared) {
    return CircuitBreakerConfig.builder()
        .failureThreshold(3)
        .cooldown(Duration.ofMinutes(10))
        .followPeers(shared)
        .build();
  }

  private static void trip(CircuitBreaker breaker) {
    for (int i = 0; i < 3; i++) {
      breaker.recordFailure(breaker.tryAcquirePermit(), new IllegalStateException("down"));
    }
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @DisplayName("a breaker that opens in one instance opens in the instances that follow, and in no"
      + " others")
  void trip_inOneInstance_opensThoseThatFollow() throws Exception {
    try (Resilience one = runtime("one");
        Resilience other = runtime("other")) {
      CircuitBreaker follower = other.circuitBreaker("b", config(true));
      CircuitBreaker stranger = other.circuitBreaker("own", config(false));
      CircuitBreaker key = other
          .keyedCircuitBreaker("k", KeyedCircuitBreakerConfig.of(config(true)))
          .forKey("one");

      trip(one.circuitBreaker("own", config(false)));
      assertThat(one.flush(LIMIT)).isTrue();
      trip(one.keyedCircuitBreaker("k", KeyedCircuitBreakerConfig.of(config(true)))
          .forKey("one"));
      Await.until("the key follows", () -> key.state() == CircuitBreakerState.OPEN);
      trip(one.circuitBreaker("b", config(true)));
      Await.until("it follows", () -> follower.state() == CircuitBreakerState.OPEN);

      assertThat(follower.snapshot().cause()).isEqualTo(TransitionCause.SHARED);
      assertThat(follower.snapshot().remainingCooldown())
          .isBetween(Duration.ofMinutes(8), Duration.ofMinutes(10));
      // It was told of this one before the others.
      assertThat(stranger.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {5, -5})
  @DisplayName(
      "instances whose wall clocks are hours apart follow each other, for what is left of the cooldown")
  void trip_wallClocksDiffer_isFollowedForWhatIsLeft(long hours) throws Exception {
    try (Resilience one = runtime("one", ShiftedTime.by(Duration.ofHours(hours)));
        Resilience other = runtime("other")) {
      CircuitBreaker here = one.circuitBreaker("here", config(true));
      CircuitBreaker there = other.circuitBreaker("there", config(true));

      trip(other.circuitBreaker("here", config(true)));
      trip(one.circuitBreaker("there", config(true)));
      Await.until(
          "both follow",
          () -> here.state() == CircuitBreakerState.OPEN
              && there.state() == CircuitBreakerState.OPEN);

      for (CircuitBreaker breaker : new CircuitBreaker[] {here, there}) {
        assertThat(breaker.snapshot().remainingCooldown())
            .isBetween(Duration.ofMinutes(8), Duration.ofMinutes(10));
      }
    }
  }

  @Test
  @DisplayName(
      "after a restart on a machine whose wall clock is hours off, the cooldown ends when it should")
  void restart_wallClockDiffers_goesOnWithTheCooldown() throws Exception {
    try (Resilience before = runtime("before", ShiftedTime.by(Duration.ofHours(-7)))) {
      trip(before.circuitBreaker("b", config(false)));
    }
    try (Resilience after = runtime("after")) {
      CircuitBreaker breaker = after.circuitBreaker("b", config(false));

      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(breaker.snapshot().remainingCooldown())
          .isCloseTo(Duration.ofMinutes(10), Duration.ofMinutes(2));
    }
  }
}
