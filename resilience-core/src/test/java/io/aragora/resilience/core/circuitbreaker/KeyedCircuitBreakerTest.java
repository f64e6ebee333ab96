package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A breaker for each agent, as programs use it. */
class KeyedCircuitBreakerTest extends BreakerFixture {
  private record Agent(String name, String model) {}

  @Test
  @Tag("CB-14")
  @DisplayName("the failure that reaches the threshold makes its key unavailable")
  void threshold_makesTheKeyUnavailable() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(2));
    fail(keyed.forKey("agent-1"));
    assertThat(keyed.isAvailable("agent-1")).isTrue();
    fail(keyed.forKey("agent-1"));
    assertThat(keyed.isAvailable("agent-1")).isFalse();
    assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.OPEN);
  }

  @Test
  @Tag("CB-15")
  @DisplayName("keys affect neither each other nor the breaker of the same name without a key")
  void keys_areIndependent() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1));
    CircuitBreaker plain = resilience.circuitBreaker("agents");
    fail(keyed.forKey("agent-1"));
    assertThat(keyed.isAvailable("agent-2")).isTrue();
    assertThat(keyed.state("agent-2")).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(plain.state()).isEqualTo(CircuitBreakerState.CLOSED);
    plain.forceOpen();
    assertThat(keyed.isAvailable("agent-2")).isTrue();
  }

  @Test
  @Tag("CB-16")
  @Tag("CB-17")
  @DisplayName("after the cooldown, a key is available and closes with the last required success")
  void cooldownOver_enoughSuccessesClose() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1).successThreshold(3));
    CircuitBreaker agent = keyed.forKey("agent-1");
    fail(agent);
    time.advance(COOLDOWN);
    assertThat(keyed.isAvailable("agent-1")).isTrue();
    for (int i = 0; i < 3; i++) {
      assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.HALF_OPEN);
      succeed(agent);
    }
    assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(keyed.isAvailable("agent-1")).isTrue();
  }

  @Test
  void find_unknownKey_isEmptyAndCreatesNone() {
    KeyedCircuitBreaker keyed = keyed(config());
    CircuitBreaker agent = keyed.forKey("agent-1");

    assertThat(keyed.find("agent-1")).containsSame(agent);
    assertThat(keyed.find("agent-2")).isEmpty();
    assertThat(keyed.size()).isOne();
  }

  @Test
  @Tag("CB-18")
  @DisplayName("a success ends a key's consecutive failures")
  void success_endsConsecutiveFailures() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(2));
    CircuitBreaker agent = keyed.forKey("agent-1");
    fail(agent);
    succeed(agent);
    assertThat(keyed.snapshots().get("agent-1").consecutiveFailures()).isZero();
    fail(agent);
    assertThat(keyed.isAvailable("agent-1")).isTrue();
  }

  @Test
  @Tag("CB-19")
  @DisplayName("an unknown key is closed, and asking for it creates none")
  void unknownKey_isClosed() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(2));
    assertThat(keyed.state("never seen")).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(keyed.isAvailable("never seen")).isTrue();
    assertThat(keyed.size()).isZero();
    CircuitBreaker agent = keyed.forKey("agent-1");
    times(2, () -> fail(agent));
    assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.OPEN);
    time.advance(COOLDOWN);
    assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(agent.snapshot().transitions()).as("a pure read").isEqualTo(1);
  }

  @Test
  @Tag("CB-20")
  @DisplayName("filtering keeps the available elements in order, by a key that the caller derives")
  void filter_keepsTheOrder() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1));
    fail(keyed.forKey("a"));
    List<Agent> agents = List.of(new Agent("c", "x"), new Agent("a", "y"), new Agent("b", "z"));
    assertThat(keyed.filterAvailable(agents, Agent::name))
        .extracting(Agent::name)
        .containsExactly("c", "b");
    assertThat(keyed.filterAvailable(List.of("c", "a", "b"))).containsExactly("c", "b");
    assertThat(keyed.size()).as("filtering makes no keys").isEqualTo(1);
  }

  @Test
  @Tag("CB-21")
  @DisplayName("a key's remaining cooldown is zero at first, and the full cooldown after opening")
  void remainingCooldown_ofAKey() {
    CircuitBreaker agent = keyed(config().failureThreshold(1)).forKey("agent-1");
    assertThat(agent.snapshot().remainingCooldown()).isZero();
    fail(agent);
    assertThat(agent.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
    time.advance(Duration.ofSeconds(5));
    assertThat(agent.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(55));
  }

  @Test
  @Tag("CB-22")
  @DisplayName("the states and the snapshots of all keys show status, failures and probes")
  void allKeys_areShown() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(2).successThreshold(2));
    times(2, () -> fail(keyed.forKey("down")));
    fail(keyed.forKey("shaky"));
    assertThat(keyed.states())
        .isEqualTo(Map.of("down", CircuitBreakerState.OPEN, "shaky", CircuitBreakerState.CLOSED));
    time.advance(COOLDOWN);
    succeed(keyed.forKey("down"));
    Map<String, CircuitBreakerSnapshot> snapshots = keyed.snapshots();
    assertThat(snapshots).containsOnlyKeys("down", "shaky");
    assertThat(snapshots.get("down").state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    assertThat(snapshots.get("down").probeSuccesses()).isEqualTo(1);
    assertThat(snapshots.get("down").consecutiveFailures()).isEqualTo(2);
    assertThat(snapshots.get("shaky").consecutiveFailures()).isEqualTo(1);
  }

  @Test
  @Tag("CB-26")
  @Tag("fault-1")
  @DisplayName("a failed probe makes its key unavailable for another full cooldown")
  void failedProbe_blocksTheKeyAgain() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(2));
    CircuitBreaker agent = keyed.forKey("agent-1");
    times(2, () -> fail(agent));
    for (int i = 0; i < 3; i++) {
      time.advance(COOLDOWN);
      assertThat(keyed.isAvailable("agent-1")).isTrue();
      fail(agent);
      assertThat(keyed.isAvailable("agent-1")).isFalse();
      assertThat(agent.snapshot().remainingCooldown()).isEqualTo(COOLDOWN);
      assertThat(agent.snapshot().consecutiveFailures()).isEqualTo(3 + i);
    }
  }

  @Test
  @Tag("CB-37")
  @DisplayName("a reset of one key does not affect the others, a reset without a key reaches all")
  void reset_ofOneKeyAndOfAll() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1));
    fail(keyed.forKey("a"));
    fail(keyed.forKey("b"));
    assertThat(keyed.reset("a")).isTrue();
    assertThat(keyed.isAvailable("a")).isTrue();
    assertThat(keyed.isAvailable("b")).isFalse();
    assertThat(keyed.reset("unknown")).isFalse();
    fail(keyed.forKey("a"));
    fail(keyed.overflow());
    keyed.reset();
    assertThat(keyed.states().values()).containsOnly(CircuitBreakerState.CLOSED);
    assertThat(keyed.overflow().state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(keyed.snapshots().get("b").consecutiveFailures()).isZero();
  }

  @Test
  @Tag("CB-54")
  @DisplayName("cascading failures of keys recover one key at a time, by two guarded successes")
  void cascade_recovers() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(2));
    List<String> agents = List.of("agent-1", "agent-2", "agent-3");
    for (String agent : agents) {
      times(2, () -> fail(keyed.forKey(agent)));
    }
    assertThat(keyed.filterAvailable(agents)).isEmpty();
    time.advance(COOLDOWN);
    assertThat(keyed.filterAvailable(agents)).isEqualTo(agents);
    CircuitBreaker first = keyed.forKey("agent-1");
    times(2, () -> assertThat(first.<String, RuntimeException>call(() -> "ok")).isEqualTo("ok"));
    assertThat(keyed.state("agent-1")).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(keyed.state("agent-2")).isEqualTo(CircuitBreakerState.HALF_OPEN);
  }

  @Test
  @Tag("SC-11")
  @DisplayName("each domain has its own instance and config")
  void domains_areIsolated() {
    KeyedCircuitBreaker mail = resilience.keyedCircuitBreaker(
        "mail",
        KeyedCircuitBreakerConfig.of(
            config().failureThreshold(1).halfOpenMaxCalls(2).build()));
    KeyedCircuitBreaker chat = resilience.keyedCircuitBreaker(
        "chat",
        KeyedCircuitBreakerConfig.of(
            config().failureThreshold(1).halfOpenMaxCalls(3).build()));
    fail(mail.forKey("example.org"));
    assertThat(mail.isAvailable("example.org")).isFalse();
    assertThat(chat.isAvailable("example.org")).isTrue();
    assertThat(mail.isAvailable("example.net")).isTrue();
    assertThat(mail.forKey("example.org").config().halfOpenMaxCalls()).isEqualTo(2);
    assertThat(chat.forKey("example.org").config().halfOpenMaxCalls()).isEqualTo(3);
  }

  @Test
  @DisplayName("a reset of all keys is no event of a key that has nothing to reset")
  void reset_ofAll_isAnEventOfThoseThatHaveCounted() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(3));
    keyed.forKey("new");
    fail(keyed.forKey("failed"));
    succeed(keyed.forKey("called"));
    fail(keyed.forKey("idle"));
    keyed.forKey("idle").reset();
    keyed.forKey("forced").forceOpen();
    time.runPending();
    List<CircuitBreakerTransition> seen = new ArrayList<>();
    keyed.subscribe(transition -> seen.add(transition));
    keyed.reset();
    time.runPending();
    assertThat(seen)
        .extracting(CircuitBreakerTransition::breaker)
        .containsExactlyInAnyOrder(
            "agents:failed", "agents:called", "agents:forced", "agents:*overflow*");
  }

  @Test
  @DisplayName("listeners of keys end with their subscriptions")
  void subscriptions_end() {
    KeyedCircuitBreaker keyed = keyed(config());
    List<Object> seen = new ArrayList<>();
    keyed.subscribe(transition -> seen.add(transition)).close();
    keyed.subscribeKeys(seen::add).close();
    keyed.forKey("a").forceOpen();
    keyed.remove("a");
    time.runPending();
    assertThat(seen).isEmpty();
  }
}
