package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerEvent;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class KeyBoundTest {
  private static final int MAX = 100;

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
      "tenants",
      KeyedCircuitBreakerConfig.builder()
          .maxKeys(MAX)
          .abandonedAfter(Duration.ofMinutes(5))
          .breaker(CircuitBreakerConfig.builder().failureThreshold(1).build())
          .build());

  @AfterEach
  void close() {
    resilience.close();
  }

  private void succeed(String key) {
    CircuitBreaker breaker = keyed.forKey(key);
    breaker.recordSuccess(breaker.acquirePermit());
  }

  private void fail(String key) {
    CircuitBreaker breaker = keyed.forKey(key);
    long permit = breaker.tryAcquirePermit();
    if (permit != CircuitBreaker.REJECTED) {
      breaker.recordFailure(permit, null);
    }
  }

  @Test
  @Tag("fault-33")
  @DisplayName("keys that all fail neither fill the memory nor evict the legitimate ones")
  void floodOfFailingKeys_sharesTheOverflow() {
    for (int i = 0; i < MAX / 2; i++) {
      succeed("real-" + i);
    }
    List<KeyedCircuitBreakerEvent> events = new ArrayList<>();
    keyed.subscribeKeys(events::add);
    for (int i = 0; i < 10_000; i++) {
      fail("made-up-" + i);
    }
    time.runPending();
    assertThat(keyed.size()).isEqualTo(MAX);
    assertThat(keyed.overflows()).isEqualTo(10_000 - MAX / 2);
    assertThat(keyed.overflow().state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(keyed.forKey("one more")).isSameAs(keyed.overflow());
    assertThat(keyed.isAvailable("real-7")).isTrue();
    assertThat(keyed.forKey("real-7")).isNotSameAs(keyed.overflow());
    assertThat(events)
        .isNotEmpty()
        .allMatch(event -> event.kind() == KeyedCircuitBreakerEvent.Kind.OVERFLOWED)
        .allMatch(event -> event.key().startsWith("made-up-"));
  }

  @Test
  void idleClosedKeys_makeRoom() {
    for (int i = 0; i < MAX; i++) {
      succeed("old-" + i);
    }
    time.advance(Duration.ofMinutes(3));
    succeed("old-0");
    for (int i = 1; i < MAX; i++) {
      assertThat(keyed.forKey("new-" + i)).isNotSameAs(keyed.overflow());
      succeed("new-" + i);
    }
    assertThat(keyed.size()).isEqualTo(MAX);
    assertThat(keyed.evictions()).isEqualTo(MAX - 1);
    assertThat(keyed.overflows()).isZero();
    assertThat(keyed.states()).as("it was used lately").containsKey("old-0");
    assertThat(keyed.forKey("no room")).isSameAs(keyed.overflow());
  }

  @Test
  void openKeys_goOnlyLongAfterTheirCooldown() {
    for (int i = 0; i < MAX; i++) {
      fail("down-" + i);
    }
    time.advance(Duration.ofMinutes(5));
    assertThat(keyed.forKey("new")).isSameAs(keyed.overflow());
    time.advance(Duration.ofMinutes(1));
    assertThat(keyed.forKey("new")).isNotSameAs(keyed.overflow());
    assertThat(keyed.size()).isEqualTo(MAX);
  }

  @Test
  @Tag("fault-24")
  @DisplayName("an evicted key whose breaker is still held is found again")
  void evictedKeyThatIsHeld_isTheSameObject() {
    CircuitBreaker held = keyed.forKey("held");
    succeed("held");
    for (int i = 1; i < MAX; i++) {
      succeed("other-" + i);
    }
    time.advance(Duration.ofMinutes(3));
    for (int i = 1; i < MAX; i++) {
      succeed("new-" + i);
    }
    succeed("the last");
    assertThat(keyed.states()).doesNotContainKey("held");
    time.advance(Duration.ofMinutes(3));
    assertThat(keyed.forKey("held")).isSameAs(held);
  }

  @Test
  void removed_isForgotten() {
    fail("gone");
    assertThat(keyed.isAvailable("gone")).isFalse();
    assertThat(keyed.remove("gone")).isTrue();
    assertThat(keyed.remove("gone")).isFalse();
    assertThat(keyed.isAvailable("gone")).isTrue();
    assertThat(keyed.size()).isZero();
  }
}
