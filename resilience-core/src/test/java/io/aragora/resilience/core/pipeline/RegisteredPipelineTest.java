package io.aragora.resilience.core.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceConfigurationException;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RegisteredPipelineTest {
  private static final Map<String, String> DESCRIBED = Map.of(
      "resilience.pipeline.prices.policies", "retry, circuitbreaker:shop, timeout",
      "resilience.timeout.prices.limit", "2s",
      "resilience.retry.prices.maxAttempts", "7");

  private static Resilience described() {
    return Resilience.builder().config(DESCRIBED).build();
  }

  @Test
  void registered_isFoundByItsName() {
    try (Resilience resilience = Resilience.create()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b");
      Pipeline pipeline = resilience.pipeline("prices", p -> p.add(breaker));
      assertThat(resilience.pipeline("prices")).isSameAs(pipeline);
      assertThat(resilience.pipeline("prices", p -> p.add(breaker))).isSameAs(pipeline);
      assertThat(resilience.policies().pipelines()).containsExactly(pipeline);
      assertThat(pipeline.<Integer, RuntimeException>call(() -> 1)).isEqualTo(1);
    }
  }

  @Test
  void built_isNotRegistered() {
    try (Resilience resilience = Resilience.create()) {
      Pipeline unused = resilience
          .unregistered()
          .pipelineBuilder("prices")
          .add(resilience.circuitBreaker("b"))
          .build();
      assertThat(resilience.policies().pipelines()).isEmpty();
      assertThatThrownBy(() -> resilience.pipeline("prices"))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessage("pipeline 'prices' is not declared. Declare it by"
              + " pipeline(name, p -> p.add(…)), or set resilience.pipeline.prices.policies");
    }
  }

  @Test
  void registeredTwice_withOtherPolicies_isAnErrorThatShowsBoth() {
    try (Resilience resilience = Resilience.create()) {
      Pipeline unused = resilience.pipeline("p", p -> p.add(resilience.circuitBreaker("first")));
      Policy other = resilience.circuitBreaker("second");
      assertThatThrownBy(() -> resilience.pipeline("p", p -> p.add(other)))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContainingAll("pipeline 'p' is already declared", "'first'", "'second'");
    }
  }

  @Test
  void described_isMadeOfNamedPolicies() {
    try (Resilience resilience = described()) {
      Pipeline pipeline = resilience.pipeline("prices");
      Retry retry = resilience.retry("prices");
      Timeout timeout = resilience.timeout("prices");
      assertThat(pipeline.policies())
          .containsExactly(retry, resilience.circuitBreaker("shop"), timeout);
      assertThat(retry.config().maxAttempts()).isEqualTo(7);
      assertThat(timeout.config().limit()).isEqualTo(Duration.ofSeconds(2));
      assertThat(resilience.pipeline("prices")).isSameAs(pipeline);
    }
  }

  @Test
  void described_replacesWhatTheCodeRegisters() {
    try (Resilience resilience = described()) {
      Pipeline ofCode =
          resilience.pipeline("prices", p -> p.add(resilience.circuitBreaker("other")));
      assertThat(ofCode.policies()).hasSize(3);
      assertThat(resilience.pipeline("prices")).isSameAs(ofCode);
    }
  }

  @Test
  void describedAndLookedUpFirst_thenRegistered_isTheSame() {
    try (Resilience resilience = described()) {
      Pipeline found = resilience.pipeline("prices");
      assertThat(resilience.pipeline("prices", p -> p.add(resilience.circuitBreaker("x"))))
          .isSameAs(found);
    }
  }

  @Test
  void timeoutWithoutALimit_isAnErrorThatSaysHowToGiveOne() {
    Map<String, String> config = Map.of("resilience.pipeline.policies", "timeout");
    try (Resilience resilience = Resilience.builder().config(config).build()) {
      assertThatThrownBy(() -> resilience.pipeline("p"))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessage("timeout 'p' has no limit. Declare it by timeout(name, limit), or set"
              + " resilience.timeout.p.limit");
      Timeout declared = resilience.timeout("p", Duration.ofSeconds(1));
      assertThat(resilience.pipeline("p").policies()).containsExactly(declared);
    }
  }

  @Test
  void timeoutLookedUpThenDeclared_hasTheFunctionsOfTheCodeAndTheLimitFromOutside() {
    try (Resilience resilience = described()) {
      Timeout timeout = resilience.timeout("prices");
      TimeoutConfig declared = TimeoutConfig.builder()
          .limit(Duration.ofSeconds(9))
          .onLateResult(result -> {})
          .build();
      assertThat(resilience.timeout("prices", declared)).isSameAs(timeout);
      assertThat(timeout.config().onLateResult()).isSameAs(declared.onLateResult());
      assertThat(timeout.config().limit()).isEqualTo(Duration.ofSeconds(2));
    }
  }

  @Test
  void bound_isNamed() {
    try (Resilience resilience = Resilience.builder().maxPolicies(1).build()) {
      Pipeline unused = resilience.pipeline("a", p -> p.add(resilience.circuitBreaker("b")));
      Policy breaker = resilience.circuitBreaker("b");
      assertThatThrownBy(() -> resilience.pipeline("c", p -> p.add(breaker)))
          .isInstanceOf(ResilienceConfigurationException.class)
          .hasMessageContaining("the runtime already holds maxPolicies=1");
    }
  }
}
