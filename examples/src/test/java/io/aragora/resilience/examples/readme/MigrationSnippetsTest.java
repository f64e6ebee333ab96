package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.reference.CircuitBreakerPresets;
import io.aragora.resilience.reference.ProviderBreakers;
import io.aragora.resilience.reference.RetryPresets;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The code after a migration, of the pages docs/migrating-from-…; compared by {@link ReadmeTest}. */
class MigrationSnippetsTest {
  /** What the snippets call. */
  private static final class Shop {
    private int failuresLeft;
    private int calls;

    String price(String article) throws IOException {
      calls++;
      if (failuresLeft-- > 0) {
        throw new IOException("the shop is closed");
      }
      return "1.20 for " + article;
    }
  }

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Shop shop = new Shop();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void fromResilience4j() throws IOException {
    time.autoAdvance(true);
    shop.failuresLeft = 2;

    // readme: from resilience4j
    CircuitBreaker breaker = resilience.circuitBreaker(
        "prices",
        c -> c.noFailureThreshold() // the rate alone, as there
            .failureRateThreshold(50)
            .window(Duration.ofSeconds(30))
            .minimumNumberOfCalls(10)
            .cooldown(Duration.ofSeconds(20))
            .halfOpenMaxCalls(3)
            .halfOpenFailureRateThreshold(50)
            .halfOpenCalls(3)
            .ignoreOn(IllegalArgumentException.class));
    Retry retry = resilience.retry(
        "prices",
        c -> c.maxAttempts(4)
            .backoff(Backoff.exponential(Duration.ofMillis(100))
                .cappedAt(Duration.ofSeconds(5))
                .withJitter(Jitter.MULTIPLICATIVE, 0.5))
            .retryOn(IOException.class));
    Pipeline pipeline =
        resilience.pipeline("prices", p -> p.add(retry).add(breaker)); // the outermost first
    String price = pipeline.call(() -> shop.price("apples"));
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(shop.calls).isEqualTo(3);
  }

  @Test
  void fromMicroProfile() throws IOException {
    time.autoAdvance(true);
    shop.failuresLeft = 2;

    // readme: from microprofile
    ResultPipeline<String> prices = resilience
        .pipeline(
            "prices",
            p -> p.add(resilience.retry(
                    "prices",
                    c -> c.maxAttempts(4) // the first one counts, too
                        .backoff(Backoff.constant(Duration.ofMillis(100)))
                        .retryOn(IOException.class)))
                .add(resilience.circuitBreaker(
                    "prices",
                    c -> c.noFailureThreshold()
                        .countWindow(20)
                        .failureRateThreshold(50)
                        .cooldown(Duration.ofSeconds(5))
                        .successThreshold(2)))
                .add(resilience.timeout("prices", Duration.ofSeconds(1))))
        .withFallback(Fallback.value("unknown"));
    String price = prices.call(() -> shop.price("apples"));
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(shop.calls).isEqualTo(3);
  }

  @Test
  void fromFailsafe() throws IOException {
    time.autoAdvance(true);
    shop.failuresLeft = 2;

    // readme: from failsafe
    CircuitBreaker breaker = resilience.circuitBreaker(
        "prices",
        c -> c.recordOn(IOException.class)
            .noFailureThreshold()
            .failureRateThreshold(50)
            .minimumNumberOfCalls(10)
            .window(Duration.ofSeconds(30))
            .cooldown(Duration.ofSeconds(20))
            .successThreshold(2));
    Retry retry = resilience.retry(
        "prices",
        c -> c.retryOn(IOException.class)
            .maxAttempts(4)
            .backoff(Backoff.exponential(Duration.ofMillis(100))
                .cappedAt(Duration.ofSeconds(5))
                .withJitter(Jitter.MULTIPLICATIVE, 0.25))
            .maxDuration(Duration.ofSeconds(10)));
    Timeout timeout = resilience.timeout("prices", Duration.ofSeconds(1));

    ResultPipeline<String> prices = resilience
        .pipeline("prices", p -> p.add(retry).add(breaker).add(timeout))
        .withFallback(Fallback.value("unknown"));
    String price = prices.call(() -> shop.price("apples"));
    // end

    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(shop.calls).isEqualTo(3);
    shop.failuresLeft = 4;
    assertThat(prices.call(() -> shop.price("pears"))).isEqualTo("unknown");
  }

  @Test
  void fromPythonByHand() {
    shop.failuresLeft = 1;

    // readme: from Python by hand
    // if breaker.can_proceed(): … breaker.record_success() … breaker.record_failure()
    CircuitBreaker breaker =
        resilience.circuitBreaker("my-service", CircuitBreakerPresets.direct());
    long permit = breaker.tryAcquirePermit();
    if (permit != CircuitBreaker.REJECTED) {
      try {
        System.out.println(shop.price("apples"));
        breaker.recordSuccess(permit);
      } catch (IOException e) {
        breaker.recordFailure(permit, e);
      }
    }

    // breaker.can_proceed("agent-1"), breaker.filter_available_entities(agents)
    KeyedCircuitBreaker agents = resilience.keyedCircuitBreaker(
        "agents", KeyedCircuitBreakerConfig.of(CircuitBreakerPresets.direct()));
    List<String> available = agents.filterAvailable(List.of("agent-1", "agent-2"));
    // end

    assertThat(breaker.snapshot().totals().failures()).isEqualTo(1);
    assertThat(available).containsExactly("agent-1", "agent-2");
  }

  @Test
  void fromPythonInCode() throws IOException {
    Timeout timeout = resilience.timeout("prices", Duration.ofSeconds(30));

    // readme: from Python in code
    // get_circuit_breaker("anthropic-api", provider="anthropic")
    CircuitBreaker api = ProviderBreakers.circuitBreaker(resilience, "anthropic-api", "anthropic");
    System.out.println(api.call(() -> shop.price("apples")));

    // async with timeout_context(seconds=5.0)
    try (Deadline deadline = resilience.deadline("order", Duration.ofSeconds(5))) {
      String pears = timeout.call(() -> shop.price("pears")); // ends at the nearer of both
      deadline.check();
      System.out.println(pears);
    }

    // for name, status in report.checks.items()
    resilience
        .health()
        .check(HealthGroup.READINESS)
        .checks()
        .forEach((name, result) -> System.out.println(name + ": " + result.status()));

    // persist_all_circuit_breakers()
    boolean isSaved = resilience.flush(Duration.ofSeconds(5));
    // end

    assertThat(shop.calls).isEqualTo(2);
    assertThat(api.config().failureThreshold()).isEqualTo(3);
    assertThat(timeout.totals().inTime()).isOne();
    assertThat(isSaved).isTrue();
  }

  @Test
  void fromPythonRetry() throws IOException {
    time.autoAdvance(true);
    shop.failuresLeft = 3;

    // readme: from Python retry
    // @with_retry(RetryConfig(max_retries=3, base_delay=0.5, jitter_mode=JitterMode.FULL))
    Retry retry = resilience.retry(
        "prices",
        RetryPresets.withRetry().toBuilder()
            .maxAttempts(4) // max_retries is what comes after the first
            .backoff(Backoff.exponential(Duration.ofMillis(500)).withJitter(Jitter.FULL))
            .build());
    String price = retry.call(() -> shop.price("apples"));

    // breaker.on_state_change = …
    Subscription subscription = resilience
        .policies()
        .subscribe(CircuitBreakerListener.ofCodes(
            (breaker, code) -> System.out.println(breaker + " is " + code)));
    // end

    subscription.close();
    assertThat(price).isEqualTo("1.20 for apples");
    assertThat(shop.calls).isEqualTo(4);
  }

  @Test
  void halfOpen_needsSuccesses() {
    // readme: from Python half-open
    CircuitBreaker breaker = resilience.circuitBreaker(
        "half-open",
        c -> c.failureThreshold(1)
            .cooldown(Duration.ofSeconds(10))
            .successThreshold(1)); // the first success closes it
    // end

    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> breaker.call(() -> {
          throw new IOException("down");
        }));
    time.advance(Duration.ofSeconds(10));
    breaker.run(() -> {});
    assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
  }
}
