package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.RetryConfig;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The bound on a runtime's breakers, and which of them are evicted. */
class StaleBreakersTest extends BreakerRegistryFixture {
  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  @Tag("RG-10")
  @Tag("RG-12")
  @DisplayName("the bound is 1000 by default, and exceeding it is an error that names it")
  void bound_exceeded_isAnError() {
    for (int i = 0; i < 1000; i++) {
      resilience.circuitBreaker("b" + i);
    }
    assertThatThrownBy(() -> resilience.circuitBreaker("one more"))
        .isInstanceOf(ResilienceConfigurationException.class)
        .hasMessageContainingAll("'one more'", "maxPolicies=1000");
    try (Resilience small = Resilience.builder().timeSource(time).maxPolicies(1).build()) {
      small.circuitBreaker("a");
      assertThatThrownBy(() -> small.circuitBreaker("b"))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining("maxPolicies=1 ");
    }
  }

  @Test
  @Tag("RG-09")
  @Tag("RG-10")
  @DisplayName("breakers are stale after 24 h by default; recent ones and empty runtimes count 0")
  void stale_afterADay_isCounted() {
    assertThat(resilience.policies().pruneCircuitBreakers()).isZero();
    CircuitBreaker old = resilience.circuitBreaker("old");
    old.recordSuccess(old.acquirePermit());
    time.advance(DAY.minus(SECOND));
    assertThat(resilience.policies().pruneCircuitBreakers()).isZero();
    resilience.circuitBreaker("recent");
    time.advance(SECOND.multipliedBy(2));
    assertThat(resilience.policies().pruneCircuitBreakers()).isEqualTo(1);
    assertThat(resilience.policies().circuitBreakers())
        .extracting(CircuitBreaker::name)
        .containsExactly("recent");
    try (Resilience quick =
        Resilience.builder().timeSource(time).staleAfter(Duration.ofHours(1)).build()) {
      quick.circuitBreaker("a");
      time.advance(Duration.ofHours(1).plus(SECOND));
      assertThat(quick.policies().pruneCircuitBreakers()).isEqualTo(1);
    }
  }

  @Test
  @Tag("RG-06")
  @Tag("RG-09")
  @Tag("fault-24")
  @DisplayName("calls keep a breaker, although no code looks it up")
  void calls_keepABreaker() {
    CircuitBreaker busy = resilience.circuitBreaker("busy");
    for (int i = 0; i < 30; i++) {
      busy.recordSuccess(busy.acquirePermit());
      time.advance(Duration.ofHours(1));
    }
    assertThat(resilience.policies().pruneCircuitBreakers()).isZero();
    time.advance(DAY);
    assertThat(resilience.policies().pruneCircuitBreakers()).isEqualTo(1);
  }

  @Test
  @Tag("RG-11")
  @Tag("RG-13")
  @Tag("fault-25")
  @DisplayName(
      "in a full runtime, stale closed breakers are evicted and a stale open one stays open")
  void full_halfStale() {
    try (Resilience small =
        Resilience.builder().timeSource(time).maxPolicies(10).build()) {
      for (int i = 0; i < 5; i++) {
        small.circuitBreaker("old" + i);
      }
      CircuitBreaker open = small.circuitBreaker("old3");
      open.forceOpen();
      CircuitBreaker halfOpen = small.circuitBreaker("old4");
      fail(halfOpen, 5);
      time.advance(DAY.plus(SECOND));
      for (int i = 0; i < 5; i++) {
        small.circuitBreaker("recent" + i);
      }
      CircuitBreaker added = small.circuitBreaker("new");
      assertThat(added.state()).isEqualTo(CircuitBreakerState.CLOSED);
      assertThat(small.policies().circuitBreakers())
          .hasSize(8)
          .contains(open, halfOpen, added)
          .noneMatch(breaker -> Set.of("old0", "old1", "old2").contains(breaker.name()));
      assertThat(small.circuitBreaker("old3")).isSameAs(open);
      assertThat(open.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    }
  }

  @Test
  @Tag("fault-24")
  @DisplayName("an evicted breaker keeps working, and a look-up returns the same open breaker")
  void pruned_isTheSame() {
    CircuitBreaker held = resilience.circuitBreaker("a", config(2, 60));
    time.advance(DAY.plus(SECOND));
    assertThat(resilience.policies().pruneCircuitBreakers()).isEqualTo(1);
    fail(held, 2);
    assertThat(resilience.circuitBreaker("a")).isSameAs(held);
    assertThat(resilience.circuitBreaker("a").state()).isEqualTo(CircuitBreakerState.OPEN);
    assertThat(resilience.policies().circuitBreakers()).containsExactly(held);
  }

  @Test
  void retriesAndTimeouts_areNeverPruned() {
    resilience.retry("r", RetryConfig.defaults());
    resilience.timeout("t", Duration.ofSeconds(1));
    time.advance(DAY.multipliedBy(3));
    assertThat(resilience.policies().pruneCircuitBreakers()).isZero();
    assertThat(resilience.policies().retries()).hasSize(1);
    assertThat(resilience.policies().timeouts()).hasSize(1);
  }
}
