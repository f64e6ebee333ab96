package io.aragora.resilience.core.circuitbreaker;

import static io.aragora.resilience.circuitbreaker.CircuitBreakerState.CLOSED;
import static io.aragora.resilience.circuitbreaker.CircuitBreakerState.FORCED_OPEN;
import static io.aragora.resilience.circuitbreaker.CircuitBreakerState.HALF_OPEN;
import static io.aragora.resilience.circuitbreaker.CircuitBreakerState.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTotals;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What breakers count for periodic readers. */
class CountedChangesTest extends BreakerFixture {

  @Test
  void transitions_areCountedByTheirStates() {
    CircuitBreaker breaker = breaker(config().failureThreshold(1).successThreshold(1));
    for (int i = 0; i < 2; i++) {
      fail(breaker);
      time.advance(COOLDOWN);
      succeed(breaker);
    }
    breaker.reset();
    breaker.reconfigure(config().failureThreshold(3).build());
    breaker.forceOpen();

    assertThat(breaker.transitions(CLOSED, OPEN)).isEqualTo(2);
    assertThat(breaker.transitions(OPEN, HALF_OPEN)).isEqualTo(2);
    assertThat(breaker.transitions(HALF_OPEN, CLOSED)).isEqualTo(2);
    assertThat(breaker.transitions(CLOSED, FORCED_OPEN)).isEqualTo(1);
    long all = 0;
    for (CircuitBreakerState from : CircuitBreakerState.values()) {
      for (CircuitBreakerState to : CircuitBreakerState.values()) {
        all += breaker.transitions(from, to);
      }
    }
    assertThat(all).isEqualTo(breaker.snapshot().transitions());
  }

  @Test
  void transitions_ofKeys_areCountedTogether() {
    KeyedCircuitBreaker keyed = keyed(config().failureThreshold(1));
    fail(keyed.forKey("a"));
    fail(keyed.forKey("b"));
    keyed.overflow().forceOpen();
    keyed.remove("b");

    assertThat(keyed.transitions(CLOSED, OPEN)).isEqualTo(2);
    assertThat(keyed.transitions(CLOSED, FORCED_OPEN)).isEqualTo(1);
    assertThat(keyed.forKey("a").transitions(CLOSED, OPEN)).isEqualTo(2);
  }

  @Test
  void forEachKey_showsEveryKeyWithItsBreaker() {
    KeyedCircuitBreaker keyed = keyed(config());
    CircuitBreaker a = keyed.forKey("a");
    keyed.forKey("b");
    List<String> keys = new ArrayList<>();
    List<Object> breakers = new ArrayList<>();
    keyed.forEachKey((key, breaker) -> {
      keys.add(key);
      breakers.add(breaker);
    });
    assertThat(keys).containsExactlyInAnyOrder("a", "b");
    assertThat(breakers).contains(a).doesNotContain(keyed.overflow());
  }

  @Test
  void totals_keepWhatWasCountedByKeysThatWent_andCountNothingTwice() {
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
        "few",
        KeyedCircuitBreakerConfig.builder()
            .maxKeys(1)
            .breaker(CircuitBreakerConfig.builder().failureThreshold(5).build())
            .build());
    CircuitBreaker first = keyed.forKey("first");
    times(3, () -> succeed(first));
    fail(first);
    time.advance(Duration.ofMinutes(10));

    succeed(keyed.forKey("second"));
    assertThat(keyed.evictions()).isEqualTo(1);
    assertThat(keyed.totals())
        .isEqualTo(CircuitBreakerTotals.builder().successes(4).failures(1).build());

    succeed(keyed.overflow());
    assertThat(keyed.totals())
        .isEqualTo(CircuitBreakerTotals.builder().successes(5).failures(1).build());

    succeed(first);
    time.advance(Duration.ofMinutes(10));
    assertThat(keyed.forKey("first")).as("still held, so it comes back").isSameAs(first);
    assertThat(keyed.totals())
        .isEqualTo(CircuitBreakerTotals.builder().successes(6).failures(1).build());

    keyed.remove("first");
    assertThat(keyed.totals())
        .isEqualTo(CircuitBreakerTotals.builder().successes(6).failures(1).build());
  }
}
