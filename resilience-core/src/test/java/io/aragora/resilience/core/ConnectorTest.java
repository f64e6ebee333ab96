package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What connectors of the reference do with breakers, besides HTTP. */
class ConnectorTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  @Tag("IN-01")
  @Tag("RG-17")
  @DisplayName(
      "each integration has its own breaker, and a failure in one does not affect the others")
  void eachIntegration_hasItsOwn() {
    CircuitBreakerConfig once =
        CircuitBreakerConfig.builder().failureThreshold(1).build();
    List<CircuitBreaker> breakers = List.of("slack_api", "discord_api", "teams_api").stream()
        .map(name -> resilience.circuitBreaker(name, once))
        .toList();
    assertThat(breakers).doesNotHaveDuplicates();
    breakers.get(0).recordFailure(breakers.get(0).acquirePermit(), new IOException());
    assertThat(breakers)
        .extracting(CircuitBreaker::state)
        .containsExactly(
            CircuitBreakerState.OPEN, CircuitBreakerState.CLOSED, CircuitBreakerState.CLOSED);
  }

  @Test
  @Tag("IN-06")
  @DisplayName("a command behind an open breaker is not run and returns nothing")
  void command_breakerOpen_isNotRun() throws IOException {
    CircuitBreaker breaker = resilience.circuitBreaker(
        "github_cli", CircuitBreakerConfig.builder().failureThreshold(1).build());
    ResultPipeline<String> commands = resilience
        .unregistered()
        .pipelineBuilder("gh")
        .add(breaker)
        .build()
        .withFallback(Fallback.value("nothing"));
    AtomicInteger runs = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      assertThat(commands.call(() -> {
            runs.incrementAndGet();
            throw new IOException("no such command");
          }))
          .isEqualTo("nothing");
    }
    assertThat(runs).hasValue(1);
  }

  @Test
  @Tag("IN-07")
  @DisplayName("a new breaker admits, receives outcomes, and reports its state")
  void breaker_usedByHand_reportsItsState() {
    CircuitBreaker breaker = resilience.circuitBreaker("email");
    long permit = breaker.tryAcquirePermit();
    assertThat(permit).isNotEqualTo(CircuitBreaker.REJECTED);
    breaker.recordSuccess(permit);
    breaker.recordFailure(breaker.acquirePermit(), new IOException());
    assertThat(breaker.snapshot().toMap()).containsEntry("state", "closed");
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
  }

  @Test
  @Tag("IN-08")
  @DisplayName("health reports the breakers of integrations without registration")
  void health_reportsBreakersOfIntegrations() {
    resilience.circuitBreaker("slack_api").forceOpen();
    resilience.circuitBreaker("discord_api");
    HealthResult breakers =
        resilience.health().check(HealthGroup.READINESS).checks().get("circuit breakers");
    assertThat(breakers.status()).isEqualTo(HealthStatus.DEGRADED);
    assertThat(breakers.toString()).contains("slack_api forced_open").doesNotContain("discord");
    assertThat(resilience.policies().circuitBreakers())
        .extracting(breaker -> breaker.name() + " " + breaker.state().text())
        .containsExactlyInAnyOrder("slack_api forced_open", "discord_api closed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"slack", "discord", "teams", "github_cli"})
  @Tag("IN-09")
  @DisplayName("the presets of integrations retry connections and timeouts")
  void presets_retryConnectionsAndTimeouts(String name) {
    RetryConfig config = RetryPresets.find(name).orElseThrow();
    assertThat(config.maxAttempts()).isGreaterThan(1);
    assertThat(config.retryIf().test(new ConnectException())).isTrue();
    assertThat(config.retryIf().test(new TimeoutException())).isTrue();
  }
}
