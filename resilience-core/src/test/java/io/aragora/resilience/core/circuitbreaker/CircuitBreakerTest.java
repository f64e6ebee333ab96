package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How breakers are declared and found. */
class CircuitBreakerTest extends BreakerFixture {

  @Test
  @Tag("V2-36")
  @DisplayName(
      "a name stands for one breaker, the first declaration sets its config, and all breakers "
          + "are listed and reset")
  void registry_ofNames() {
    CircuitBreaker seven = resilience.circuitBreaker(
        "seven",
        CircuitBreakerConfig.builder().failureThreshold(7).successThreshold(4).build());
    assertThat(resilience.circuitBreaker("seven")).isSameAs(seven);
    assertThat(seven.config().failureThreshold()).isEqualTo(7);
    assertThat(seven.config().successThreshold()).isEqualTo(4);
    CircuitBreaker other = resilience.circuitBreaker("other");
    assertThat(other).isNotSameAs(seven);
    assertThat(other.config().failureThreshold()).isEqualTo(5);
    assertThat(other.config().cooldown()).isEqualTo(Duration.ofSeconds(60));
    List<CircuitBreaker> listed = new ArrayList<>(resilience.policies().circuitBreakers());
    assertThat(listed).extracting(CircuitBreaker::name).containsExactlyInAnyOrder("seven", "other");
    listed.clear();
    assertThat(resilience.policies().circuitBreakers()).as("a copy").hasSize(2);
    times(7, () -> fail(seven));
    times(5, () -> fail(other));
    resilience.policies().resetCircuitBreakers();
    assertThat(resilience.policies().circuitBreakers())
        .hasSize(2)
        .allMatch(breaker -> breaker.state() == CircuitBreakerState.CLOSED);
    assertThat(resilience.circuitBreaker("seven")).isSameAs(seven);
  }

  @Test
  @Tag("V2-36")
  @DisplayName("a different declaration of the same name is an error that shows both")
  void conflictAndBound_areErrors() {
    CircuitBreaker breaker = resilience.circuitBreaker("x");
    CircuitBreakerConfig three =
        CircuitBreakerConfig.builder().failureThreshold(3).build();
    assertThat(resilience.circuitBreaker("x", three)).isSameAs(breaker);
    assertThat(breaker.config().failureThreshold())
        .as("the first declaration configures")
        .isEqualTo(3);
    assertThatThrownBy(() -> resilience.circuitBreaker("x", CircuitBreakerConfig.defaults()))
        .hasMessageContaining("'x' is already declared")
        .hasMessageContaining("failureThreshold=3")
        .hasMessageContaining("failureThreshold=5");
    try (Resilience small = Resilience.builder().timeSource(time).maxPolicies(1).build()) {
      small.circuitBreaker("one");
      assertThatThrownBy(() -> small.circuitBreaker("two")).hasMessageContaining("maxPolicies=1 ");
    }
  }

  @Test
  void badSettings_nameSettingRuleAndValue() {
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().failureThreshold(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("failureThreshold must be at least 1: 0");
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().failureRateThreshold(Double.NaN))
        .hasMessage("failureRateThreshold must be in (0, 100]: NaN");
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().cooldown(Duration.ZERO))
        .hasMessage("cooldown must be positive and at most 106,751 days: PT0S");
    assertThatThrownBy(() -> CircuitBreakerConfig.builder().noFailureThreshold().build())
        .hasMessage("failureThreshold, failureCountThreshold, failureRateThreshold or"
            + " slowCallRateThreshold must be set: none is");
    assertThatThrownBy(() -> CircuitBreakerConfig.builder()
            .countWindow(5)
            .failureCountThreshold(6)
            .build())
        .hasMessage("failureCountThreshold must be at most countWindow, 5: 6");
    assertThatThrownBy(() -> Resilience.builder().stateStore("nowhere:x").build())
        .hasMessageContaining("no store for 'nowhere:'");
    assertThatThrownBy(() -> Resilience.builder().stateStore("sqlite:x").build())
        .hasMessageContaining("add io.aragora:resilience-persistence");
  }
}
