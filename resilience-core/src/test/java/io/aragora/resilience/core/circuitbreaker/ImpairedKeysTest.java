package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.core.AtOnce;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which keys of a keyed breaker are not closed. */
class ImpairedKeysTest extends BreakerFixture {
  @Test
  void keys_comeAndGoWithTheirState() {
    KeyedCircuitBreaker agents = keyed(config().failureThreshold(1).successThreshold(1));
    assertThat(agents.impairedCount()).isZero();
    succeed(agents.forKey("good"));
    fail(agents.forKey("bad"));
    agents.forKey("forced").forceOpen();
    agents.forKey("watched").metricsOnly();
    assertThat(agents.impairedCount()).isEqualTo(2);
    assertThat(agents.impairedKeys(10))
        .containsOnly(
            Map.entry("bad", CircuitBreakerState.OPEN),
            Map.entry("forced", CircuitBreakerState.FORCED_OPEN));
    assertThat(agents.impairedKeys(1)).hasSize(1);
    time.advance(COOLDOWN);
    assertThat(agents.impairedKeys(10)).containsEntry("bad", CircuitBreakerState.HALF_OPEN);
    succeed(agents.forKey("bad"));
    assertThat(agents.impairedKeys(10)).containsOnlyKeys("forced");
    agents.reset();
    assertThat(agents.impairedCount()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> agents.impairedKeys(0))
        .withMessage("limit must be at least 1: 0");
  }

  @Test
  void aKeyThatIsRemovedOrMadeRoom_countsNoMore_evenIfItsBreakerOpensLater() {
    KeyedCircuitBreaker agents = resilience.keyedCircuitBreaker(
        "agents",
        KeyedCircuitBreakerConfig.builder()
            .breaker(config().failureThreshold(1).build())
            .maxKeys(1)
            .abandonedAfter(Duration.ofMinutes(10))
            .build());
    CircuitBreaker removed = agents.forKey("removed");
    fail(removed);
    agents.remove("removed");
    assertThat(agents.impairedCount()).isZero();
    removed.reset();
    fail(removed);
    assertThat(agents.impairedCount()).isZero();
    CircuitBreaker abandoned = agents.forKey("abandoned");
    fail(abandoned);
    fail(agents.forKey("no room"));
    assertThat(agents.impairedKeys(10)).containsOnlyKeys("abandoned", "*overflow*");
    time.advance(COOLDOWN.plusMinutes(10));
    agents.forKey("next");
    assertThat(agents.impairedKeys(10)).as("the key made room").containsOnlyKeys("*overflow*");
    time.advance(Duration.ofMinutes(2));
    assertThat(agents.forKey("abandoned"))
        .as("found again, because other code held it")
        .isSameAs(abandoned);
    assertThat(agents.impairedKeys(10)).containsOnlyKeys("*overflow*", "abandoned");
  }

  @Test
  void restoredKeys_count() {
    CircuitBreakerConfig.Builder settings = config().failureThreshold(1);
    KeyedCircuitBreaker agents = keyed(settings);
    fail(agents.forKey("bad"));
    KeyedCircuitBreaker others =
        resilience.keyedCircuitBreaker("others", KeyedCircuitBreakerConfig.of(settings.build()));
    others.restore(agents.save().stream()
        .map(row -> SavedBreaker.builder("others")
            .key(row.key())
            .state(row.state())
            .generation(row.generation())
            .enteredAt(row.enteredAt())
            .openUntil(row.openUntil())
            .cooldown(row.cooldown())
            .cooldownStep(row.cooldownStep())
            .consecutiveFailures(row.consecutiveFailures())
            .consecutiveSuccesses(row.consecutiveSuccesses())
            .probeSuccesses(row.probeSuccesses())
            .totals(row.totals())
            .slowCalls(row.slowCalls())
            .declared(row.declared())
            .savedAt(row.savedAt())
            .build())
        .toList());
    assertThat(others.impairedKeys(10)).containsOnlyKeys("bad");
  }

  @Test
  void keys_changedByManyThreads_areThoseNotClosed() throws Exception {
    KeyedCircuitBreaker agents = keyed(config());
    List<String> keys = List.of("a", "b", "c");
    AtOnce.run(4, thread -> {
      for (int i = 0; i < 5000; i++) {
        CircuitBreaker breaker = agents.forKey(keys.get(i % 3));
        if ((i + thread) % 2 == 0) {
          breaker.forceOpen();
        } else {
          breaker.forceClosed();
        }
      }
    });
    Map<String, CircuitBreakerState> states = new HashMap<>(agents.states());
    states.values().removeIf(state -> state == CircuitBreakerState.CLOSED);
    assertThat(agents.impairedKeys(10)).isEqualTo(states);
    assertThat(agents.impairedCount()).isEqualTo(states.size());
  }
}
