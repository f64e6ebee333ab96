package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The store holds the present keys of keyed breakers only. */
class EvictedKeysTest extends SaverFixture {
  private static final int MAX_KEYS = 10;

  private KeyedCircuitBreaker keys(Resilience resilience) {
    return resilience.keyedCircuitBreaker(
        "k",
        KeyedCircuitBreakerConfig.builder()
            .breaker(config().build())
            .maxKeys(MAX_KEYS)
            .abandonedAfter(Duration.ofMinutes(10))
            .build());
  }

  @Test
  @DisplayName("invented keys, failing or not, leave no more rows than maxKeys")
  void madeUpKeys_leaveNoRows() {
    try (Resilience resilience = open()) {
      KeyedCircuitBreaker keys = keys(resilience);
      for (int i = 0; i < 500; i++) {
        CircuitBreaker made = keys.forKey("made up " + i);
        if (i % 3 == 0) {
          trip(made);
        } else {
          succeed(made);
        }
        time.advance(Duration.ofMinutes(2));
        assertThat(store.ids().size()).isLessThanOrEqualTo(MAX_KEYS);
      }
      assertThat(keys.evictions()).isGreaterThan(300);
    }
    assertThat(store.ids()).hasSize(MAX_KEYS);
  }

  @Test
  void removedKey_leavesNoRow_andANewOneIsSaved() {
    try (Resilience resilience = open()) {
      trip(keys(resilience).forKey("a"));
      time.advance(A_MOMENT);
      assertThat(store.ids()).containsExactly("k:a");
      keys(resilience).remove("a");
      time.advance(A_MOMENT);
      assertThat(store.ids()).isEmpty();
      trip(keys(resilience).forKey("a"));
      time.advance(A_MOMENT);
      keys(resilience).remove("a");
      succeed(keys(resilience).forKey("a"));
      time.advance(A_MOMENT);
      assertThat(store.row("k:a").state())
          .as("that of the new breaker")
          .isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  @DisplayName("a key that returns, because other code held its breaker, is saved again")
  void heldKey_thatComesBack_isSavedAgain() {
    try (Resilience resilience = open()) {
      KeyedCircuitBreaker keys = keys(resilience);
      CircuitBreaker held = keys.forKey("held");
      succeed(held);
      time.advance(Duration.ofMinutes(2));
      for (int i = 0; i < MAX_KEYS; i++) {
        succeed(keys.forKey("other " + i));
      }
      time.advance(A_MOMENT);
      assertThat(store.ids()).doesNotContain("k:held");
      time.advance(Duration.ofMinutes(2));
      assertThat(keys.forKey("held")).isSameAs(held);
      trip(held);
      time.advance(A_MOMENT);
      assertThat(store.row("k:held").state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }

  @Test
  @DisplayName(
      "a key that another process changed later stays in the store when it is evicted here")
  void evictedKey_thatAnotherProcessChangedLater_stays() {
    try (Resilience resilience = open()) {
      succeed(keys(resilience).forKey("shared"));
      time.advance(Duration.ofSeconds(40));
      try (Resilience other = open()) {
        trip(keys(other).forKey("shared"));
      }
      keys(resilience).remove("shared");
      time.advance(A_MOMENT);
      assertThat(store.row("k:shared").state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }

  @Test
  @DisplayName("rows that could not be removed are removed when the store works again")
  void removedBreakers_storeFailsOnce_leaveNoRow() {
    try (Resilience resilience = open()) {
      trip(breaker(resilience));
      trip(keys(resilience).forKey("a"));
      trip(keys(resilience).forKey("b"));
      time.advance(A_MOMENT);
      assertThat(store.ids()).containsExactly("b", "k:a", "k:b");

      store.failing = true;
      resilience.policies().removeCircuitBreaker("b");
      keys(resilience).remove("a");
      time.advance(A_MOMENT);
      keys(resilience).remove("b");
      time.advance(A_MOMENT);
      CircuitBreaker again = keys(resilience).forKey("b");
      trip(again);
      store.failing = false;
      time.advance(Duration.ofSeconds(10));

      assertThat(store.ids()).as("only that of the new breaker").containsExactly("k:b");
      assertThat(store.row("k:b").state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }
}
