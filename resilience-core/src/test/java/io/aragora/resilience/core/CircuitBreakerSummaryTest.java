package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSummary.NearlyOpen;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The views over all breakers of a runtime. */
class CircuitBreakerSummaryTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static CircuitBreakerConfig config(int failures) {
    return CircuitBreakerConfig.builder().failureThreshold(failures).build();
  }

  private CircuitBreaker breaker(String name, int threshold, int failures) {
    CircuitBreaker breaker = resilience.circuitBreaker(name, config(threshold));
    fail(breaker, failures);
    return breaker;
  }

  private static void fail(CircuitBreaker breaker, int failures) {
    for (int i = 0; i < failures; i++) {
      breaker.recordFailure(breaker.acquirePermit(), new IOException("down"));
    }
  }

  private KeyedCircuitBreaker keyed(int threshold) {
    return resilience.keyedCircuitBreaker(
        "agents", KeyedCircuitBreakerConfig.of(config(threshold)));
  }

  private CircuitBreakerSummary summary() {
    return resilience.policies().circuitBreakerSummary();
  }

  @Test
  @Tag("ME-01")
  @DisplayName(
      "a listener receives the number of the state; no listener, a closed one and one that "
          + "throws do no harm")
  void callback_receivesStateNumbers() {
    List<String> heard = new ArrayList<>();
    breaker("no listener", 1, 1);
    CircuitBreaker breaker = breaker("test", 1, 0);
    breaker.subscribe(transition -> {
      throw new IllegalStateException("listener");
    });
    Subscription subscription = breaker.subscribe(
        transition -> heard.add(transition.breaker() + " " + transition.to().code()));
    fail(breaker, 1);
    time.runPending();
    assertThat(heard).containsExactly("test 1");
    subscription.close();
    breaker.reset();
    time.runPending();
    assertThat(heard).hasSize(1);
  }

  @Test
  @Tag("ME-02")
  @DisplayName("a summary counts breakers per state, failures and last outcomes")
  void summary_mixedStates_countsEach() {
    assertThat(resilience.policies().circuitBreakers()).isEmpty();
    CircuitBreaker breaker = breaker("db", 2, 0);
    assertThat(resilience.policies().circuitBreakers()).containsExactly(breaker);
    assertThat(breaker.snapshot().toMap())
        .containsEntry("state", "closed")
        .containsEntry("consecutive_failures", 0);
    fail(breaker, 2);
    assertThat(breaker.snapshot().state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(breaker.snapshot().lastFailure()).isEqualTo(ManualTime.DEFAULT_START);
  }

  @Test
  @Tag("ME-03")
  @DisplayName("a summary of closed breakers, or of none, is healthy")
  void summary_closedBreakers_isHealthy() {
    assertThat(summary().total()).isZero();
    assertThat(summary().status()).isEqualTo(HealthStatus.HEALTHY);
    breaker("a", 3, 0);
    breaker("b", 3, 0);
    assertThat(summary().total()).isEqualTo(2);
    assertThat(summary().closed()).isEqualTo(2);
    assertThat(summary().open()).isZero();
    assertThat(summary().status()).isEqualTo(HealthStatus.HEALTHY);
  }

  @Test
  @Tag("ME-04")
  @Tag("fault-65")
  @DisplayName("one or two open breakers degrade, and three are critical, whatever their names")
  void summary_openBreakers_degradeOrFail() {
    breaker("_registry_size", 1, 1);
    assertThat(summary().open()).isEqualTo(1);
    assertThat(summary().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(summary().openNames()).containsExactly("_registry_size");
    breaker("b", 1, 1);
    assertThat(summary().status()).isEqualTo(HealthStatus.DEGRADED);
    breaker("a", 1, 1);
    assertThat(summary().status()).isEqualTo(HealthStatus.CRITICAL);
    assertThat(summary().openNames()).containsExactly("_registry_size", "a", "b");
  }

  @Test
  @Tag("ME-04")
  @DisplayName("half-open breakers degrade, however many there are")
  void summary_halfOpenBreakers_degrade() {
    breaker("a", 1, 1);
    breaker("b", 1, 1);
    breaker("c", 1, 1);
    time.advance(Duration.ofSeconds(60));
    assertThat(summary().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(summary().halfOpen()).isEqualTo(3);
  }

  @Test
  @Tag("ME-05")
  @DisplayName("breakers with at least half of the failures that open them are listed, with their "
      + "distance to opening")
  void nearlyOpen_listsTheDistance() {
    breaker("six of ten", 10, 6);
    breaker("two of four", 4, 2);
    breaker("one of three", 3, 1);
    assertThat(summary().nearlyOpen())
        .extracting(NearlyOpen::name, NearlyOpen::failures, NearlyOpen::threshold)
        .containsExactly(tuple("six of ten", 6, 10), tuple("two of four", 2, 4));
    assertThat(summary().nearlyOpen()).extracting(NearlyOpen::percent).containsExactly(60.0, 50.0);
    assertThat(summary().toMap().get("high_failure_circuits"))
        .isEqualTo(List.of(
            Map.of("name", "six of ten", "failures", 6, "threshold", 10, "percentage", 60.0),
            Map.of("name", "two of four", "failures", 2, "threshold", 4, "percentage", 50.0)));
  }

  @Test
  @Tag("ME-06")
  @DisplayName(
      "failures are summed, with the breakers that have some and the times; details are in "
          + "snapshots and configs")
  void failures_areSummed() {
    CircuitBreaker db = breaker("db", 10, 5);
    breaker("cache", 10, 3);
    breaker("queue", 10, 0);
    time.advance(Duration.ofSeconds(3));
    Instant now = ManualTime.DEFAULT_START.plusSeconds(3);
    assertThat(summary().failures()).isEqualTo(8);
    assertThat(summary().failing()).isEqualTo(2);
    assertThat(summary().at()).isEqualTo(now);
    assertThat(summary().toMap())
        .containsEntry("total_failures", 8L)
        .containsEntry("circuits_with_failures", 2)
        .containsEntry("timestamp", (double) now.getEpochSecond());
    assertThat(db.snapshot().consecutiveFailures()).isEqualTo(5);
    assertThat(db.snapshot().remainingCooldown()).isZero();
    assertThat(db.config().failureThreshold()).isEqualTo(10);
    assertThat(db.config().cooldown()).isEqualTo(Duration.ofSeconds(60));
  }

  @Test
  @Tag("ME-07")
  @DisplayName("a view shows closed breakers and an open one, and no breakers as healthy")
  void fullStatus_everyMix_isShown() {
    assertThat(summary().isHealthy()).isTrue();
    breaker("a", 1, 0);
    CircuitBreaker b = breaker("b", 1, 0);
    assertThat(summary().isHealthy()).isTrue();
    assertThat(summary().closed()).isEqualTo(2);
    fail(b, 1);
    assertThat(summary().isHealthy()).isFalse();
    assertThat(summary().open()).isEqualTo(1);
    assertThat(summary().impaired()).containsExactly(Map.entry("b", CircuitBreakerState.OPEN));
  }

  @Test
  @Tag("ME-08")
  @DisplayName("a breaker whose cooldown has passed is listed among the half-open ones")
  void lists_everyState_areNamed() {
    assertThat(summary().toMap())
        .containsEntry("healthy", true)
        .containsEntry("total", 0)
        .containsEntry("open", List.of())
        .containsEntry("half_open", List.of());
    breaker("open", 1, 1);
    CircuitBreaker quick = breaker("quick", 1, 0);
    quick.reconfigure(quick.config().toBuilder().cooldown(Duration.ofMillis(10)).build());
    fail(quick, 1);
    time.advance(Duration.ofMillis(11));
    assertThat(summary().toMap())
        .containsEntry("healthy", false)
        .containsEntry("total", 2)
        .containsEntry("closed", 0)
        .containsEntry("open", List.of("open"))
        .containsEntry("half_open", List.of("quick"));
  }

  @Test
  @Tag("ME-09")
  @Tag("fault-62")
  @DisplayName("the keys of one breaker count as one")
  void keys_ofOneBreaker_countAsOne() {
    KeyedCircuitBreaker agents = keyed(1);
    agents.forKey("idle");
    assertThat(summary().total()).isEqualTo(1);
    assertThat(summary().isHealthy()).isTrue();
    fail(agents.forKey("claude"), 1);
    assertThat(summary().isHealthy()).isFalse();
    assertThat(summary().openNames()).containsExactly("agents:claude");
    assertThat(resilience.health().checkAll().checks().get(HealthRegistry.CIRCUIT_BREAKERS))
        .satisfies(result -> {
          assertThat(result.status()).isEqualTo(HealthStatus.DEGRADED);
          assertThat(result.detail()).isEqualTo("agents:claude open");
        });
  }

  @Test
  @Tag("ME-09")
  @Tag("fault-62")
  @DisplayName("a bounded number of impaired keys is named")
  void keys_ofOneBreaker_areNamedUpToABound() {
    KeyedCircuitBreaker agents = keyed(1);
    for (int i = 0; i < 30; i++) {
      fail(agents.forKey("key " + i), 1);
    }
    assertThat(summary().open()).isEqualTo(1);
    assertThat(summary().status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(summary().impaired()).hasSize(CircuitBreakerSummary.MAX_KEYS);
    assertThat(summary().notShown()).isEqualTo(20);
    assertThat(resilience
            .health()
            .checkAll()
            .checks()
            .get(HealthRegistry.CIRCUIT_BREAKERS)
            .detail())
        .endsWith(" and 20 more");

    for (int i = 0; i < 3; i++) {
      breaker("named " + i, 1, 1);
    }
    assertThat(resilience
            .health()
            .checkAll()
            .checks()
            .get(HealthRegistry.CIRCUIT_BREAKERS)
            .detail())
        .endsWith(" and 23 more");
  }

  @Test
  @Tag("ME-09")
  @DisplayName("a keyed breaker is half-open with its keys, and healthy after a reset")
  void keys_ofOneBreaker_recoverTogether() {
    KeyedCircuitBreaker agents = keyed(1);
    fail(agents.forKey("a"), 1);
    fail(agents.forKey("b"), 1);
    time.advance(Duration.ofSeconds(60));
    assertThat(summary().halfOpen()).isEqualTo(1);
    agents.reset();
    assertThat(summary().isHealthy()).isTrue();
    assertThat(summary().impaired()).isEmpty();
  }

  @Test
  @Tag("ME-10")
  @DisplayName("a threshold of 0, by which a view would divide, is rejected")
  void thresholdOfZero_isRejected() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config(0))
        .withMessage("failureThreshold must be at least 1: 0");
    breaker("a", 1, 0);
    assertThat(summary().nearlyOpen()).isEmpty();
  }

  @Test
  @Tag("ME-11")
  @DisplayName("five threads read while breakers are created, open and close")
  void summary_readConcurrently_isConsistent() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    KeyedCircuitBreaker agents = keyed(1);
    Thread changing = new Thread(() -> {
      for (int i = 0; !over.get(); i++) {
        CircuitBreaker breaker = resilience.circuitBreaker("breaker " + i % 50, config(1));
        breaker.forceOpen();
        agents.forKey("key " + i % 50).forceOpen();
        breaker.reset();
        agents.forKey("key " + (i + 25) % 50).reset();
      }
    });
    changing.start();
    try {
      List<Integer> looks = AtOnce.call(5, thread -> {
        int most = 0;
        for (int i = 0; i < 500; i++) {
          CircuitBreakerSummary seen = summary();
          assertThat(seen.closed()).isNotNegative();
          assertThat(seen.toMap()).hasSize(11);
          most = Math.max(most, seen.total());
        }
        return most;
      });
      assertThat(looks).hasSize(5).allMatch(total -> total <= 51);
    } finally {
      over.set(true);
      changing.join();
    }
  }
}
