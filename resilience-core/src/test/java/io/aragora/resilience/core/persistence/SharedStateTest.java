package io.aragora.resilience.core.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Breakers that follow the openings of other instances, as a store reports them. */
class SharedStateTest extends SaverFixture {
  private void hear(
      String name, @Nullable String key, CircuitBreakerState state, Instant enteredAt) {
    Objects.requireNonNull(store.listener)
        .accept(SavedBreaker.builder(name)
            .key(key)
            .state(state)
            .generation(7)
            .enteredAt(enteredAt)
            .openUntil(state == CircuitBreakerState.OPEN ? enteredAt.plusSeconds(30) : null)
            .cooldown(Duration.ofSeconds(30))
            .cooldownStep(2)
            .consecutiveFailures(5)
            .savedAt(time.wallTime())
            .build());
  }

  private void seeOpen(String name) {
    hear(name, null, CircuitBreakerState.OPEN, time.wallTime());
  }

  private static CircuitBreaker sharing(Resilience resilience) {
    return resilience.circuitBreaker("b", config().followPeers(true).build());
  }

  @Test
  @DisplayName("a breaker that follows peers opens for the rest of the other one's cooldown")
  void sharing_opens() {
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = sharing(resilience);
      time.advance(Duration.ofSeconds(60));
      hear("b", null, CircuitBreakerState.OPEN, time.wallTime().minusSeconds(10));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(breaker.snapshot().cause()).isEqualTo(TransitionCause.SHARED);
      assertThat(breaker.snapshot().remainingCooldown()).isEqualTo(Duration.ofSeconds(20));
      time.advance(Duration.ofSeconds(20));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
    }
  }

  @Test
  void notSharing_staysAsItIs() {
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = breaker(resilience);
      seeOpen("b");
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  void key_opensItsOwnBreaker() {
    try (Resilience resilience = open()) {
      var keyed = resilience.keyedCircuitBreaker(
          "k", KeyedCircuitBreakerConfig.of(config().followPeers(true).build()));
      CircuitBreaker one = keyed.forKey("one");
      CircuitBreaker other = keyed.forKey("other");
      hear("k", "one", CircuitBreakerState.OPEN, time.wallTime());
      assertThat(one.state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(other.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  @DisplayName("a peer's change before this breaker's last one is ignored")
  void olderThanTheOwnChange_isNotFollowed() {
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = sharing(resilience);
      Instant before = time.wallTime();
      time.advance(Duration.ofSeconds(1));
      trip(breaker);
      breaker.forceClosed();
      hear("b", null, CircuitBreakerState.OPEN, before);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
      time.advance(Duration.ofSeconds(1));
      seeOpen("b");
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }

  @Test
  void cooldownThatIsOver_isNotFollowed() {
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = sharing(resilience);
      hear("b", null, CircuitBreakerState.OPEN, time.wallTime().minusSeconds(31));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
    }
  }

  @Test
  @DisplayName("only openings are followed, and only by breakers that admit calls")
  void otherStates_areNotFollowed() {
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = sharing(resilience);
      for (CircuitBreakerState state : CircuitBreakerState.values()) {
        if (state != CircuitBreakerState.OPEN) {
          hear("b", null, state, time.wallTime());
          assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
        }
      }
      breaker.disable();
      time.advance(Duration.ofSeconds(1));
      seeOpen("b");
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.DISABLED);
    }
  }

  @Test
  @DisplayName("a followed change is not saved as an own change, but its consequences are")
  void following_isNotSaved() {
    try (Resilience resilience = open()) {
      CircuitBreaker breaker = sharing(resilience);
      seeOpen("b");
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      assertThat(store.ids()).isEmpty();
      time.advance(Duration.ofSeconds(30));
      fail(breaker);
      time.advance(A_MOMENT);
      assertThat(store.row("b").state()).isEqualTo(CircuitBreakerState.OPEN);
      assertThat(store.row("b").cooldownStep()).isEqualTo(3);
    }
  }

  @Test
  @DisplayName("a change of a breaker that does not exist yet waits for it")
  void breakerThatDoesNotExist_getsItLater() {
    try (Resilience resilience = open()) {
      seeOpen("b");
      time.advance(Duration.ofSeconds(10));
      assertThat(breaker(resilience).state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }

  @Test
  @DisplayName("of two changes of a breaker that does not exist yet, the newer one waits")
  void breakerThatDoesNotExist_heardInAnyOrder_getsTheNewer() {
    try (Resilience resilience = open()) {
      time.advance(Duration.ofSeconds(60));
      for (boolean isNewerFirst : new boolean[] {true, false}) {
        String name = "newer first " + isNewerFirst;
        hear(
            name,
            null,
            isNewerFirst ? CircuitBreakerState.OPEN : CircuitBreakerState.CLOSED,
            time.wallTime().minusSeconds(isNewerFirst ? 1 : 9));
        hear(
            name,
            null,
            isNewerFirst ? CircuitBreakerState.CLOSED : CircuitBreakerState.OPEN,
            time.wallTime().minusSeconds(isNewerFirst ? 9 : 1));
        assertThat(resilience.circuitBreaker(name, config().build()).state())
            .as(name)
            .isEqualTo(CircuitBreakerState.OPEN);
      }
    }
  }
}
