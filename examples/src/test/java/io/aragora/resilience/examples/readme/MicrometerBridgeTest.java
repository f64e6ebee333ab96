package io.aragora.resilience.examples.readme;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MicrometerBridgeTest {
  private final ManualTime time = ManualTime.create();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Resilience resilience = Resilience.builder()
      .name("shop")
      .timeSource(time)
      .extension(new MicrometerBridge(registry))
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void calls_areTimed() {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");

    breaker.run(() -> time.advance(Duration.ofMillis(7)));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> breaker.run(() -> {
          throw new IOException("down");
        }));

    assertThat(registry
            .get("resilience.durations")
            .tags("runtime", "shop", "name", "prices", "of", "successful_call")
            .timer()
            .totalTime(MILLISECONDS))
        .isEqualTo(7);
    assertThat(registry
            .get("resilience.durations")
            .tags("of", "failed_call")
            .timer()
            .count())
        .isEqualTo(1);
  }

  @Test
  void statesAndRejections_areShown() {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    breaker.forceOpen();
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);

    read();
    assertThat(registry
            .get("resilience.circuitbreaker.state")
            .tags("name", "prices")
            .gauge()
            .value())
        .isEqualTo(1);
    assertThat(registry
            .get("resilience.circuitbreaker.calls")
            .tags("name", "prices", "outcome", "rejected")
            .functionCounter()
            .count())
        .isEqualTo(1);
    breaker.reset();
    read();
    assertThat(registry.get("resilience.circuitbreaker.state").gauge().value()).isZero();
  }

  @Test
  void waitsAndLimits_areShown() {
    time.autoAdvance(true);
    Retry retry = resilience.retry(
        "prices",
        RetryConfig.builder()
            .backoff(Backoff.constant(Duration.ofSeconds(3)).withJitter(Jitter.NONE))
            .maxAttempts(2)
            .build());
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> retry.run(() -> {
          throw new IOException("down");
        }));
    CompletableFuture<Object> late =
        resilience.timeout("slow", Duration.ofSeconds(1)).callAsync(CompletableFuture::new);
    time.advance(Duration.ofSeconds(2));

    assertThat(registry
            .get("resilience.durations")
            .tags("of", "retry_delay")
            .timer()
            .totalTime(SECONDS))
        .isEqualTo(3);
    assertThat(late).isCompletedExceptionally();
    read();
    assertThat(registry
            .get("resilience.timeout.timeouts")
            .tags("name", "slow")
            .functionCounter()
            .count())
        .isEqualTo(1);
  }

  @Test
  void keys_areNotShownOneByOne() {
    CircuitBreaker acme = resilience
        .keyedCircuitBreaker("tenants", KeyedCircuitBreakerConfig.builder().build())
        .forKey("acme");
    acme.run(() -> {});
    acme.forceOpen();
    read();

    assertThat(registry.getMeters())
        .hasSizeGreaterThan(5)
        .allSatisfy(meter -> assertThat(meter.getId().getTag("name")).isIn("tenants", null));
  }

  @Test
  void bridge_isGivenToTheBuilder() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();

    // readme: extending bridge in use
    Resilience resilience = Resilience.builder()
        .name("shop")
        .extension(new MicrometerBridge(registry))
        .build();
    // end

    resilience.circuitBreaker("prices");
    assertThat(registry.getMeters()).isNotEmpty();
    resilience.close();
  }

  @Test
  void closing_leavesNothing() {
    CircuitBreaker breaker = resilience.circuitBreaker("prices");
    breaker.forceOpen();
    read();
    assertThat(registry.getMeters()).hasSizeGreaterThan(5);

    resilience.close();

    assertThat(registry.getMeters()).isEmpty();
  }

  /** What a registry does when it publishes. */
  private void read() {
    assertThat(registry.get("resilience.policies").gauge().value()).isPositive();
  }
}
