package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What {@link Policies#read} writes. */
class ReadingsTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience =
      Resilience.builder().name("shop").timeSource(time).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void readings_ofEachKind_numbersOfThePolicyAfterItsName() {
    CircuitBreaker prices = resilience.circuitBreaker("prices");
    prices.run(() -> {});
    prices.forceOpen();
    assertThat(prices.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    resilience
        .keyedCircuitBreaker("tenants", settings -> settings.maxKeys(5))
        .forKey("acme")
        .run(() -> {});
    time.autoAdvance(true);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(
            () -> resilience.retry("http", settings -> settings.maxAttempts(2)).run(() -> {
              throw new IOException("down");
            }));
    resilience.retryBudget("shared", RetryBudgetConfig.builder().capacity(7).build());
    resilience.timeout("slow", Duration.ofSeconds(1)).run(() -> {});

    assertThat(read(kind -> true))
        .containsSubsequence(
            "circuitbreaker prices",
            "calls rejected 1",
            "calls success 1",
            "transitions  1",
            "state 1.0",
            "keyedcircuitbreaker tenants",
            "keys 1.0",
            "calls success 1",
            "retry http",
            "retries  1",
            "calls success 0",
            "calls exhausted 1",
            "attempts.1 success 0",
            "attempts.1 failure 1",
            "attempts.2 failure 1",
            "retrybudget shared",
            "capacity 7.0",
            "refused  0",
            "timeout slow",
            "calls in_time 1",
            "timeouts  0")
        .doesNotContain("attempts.2 success 0");
  }

  @Test
  void readings_kindIsNotWanted_itsPoliciesAreNotRead() {
    resilience.circuitBreaker("prices");
    resilience.timeout("slow", Duration.ofSeconds(1));

    assertThat(read(kind -> !kind.equals("circuitbreaker")))
        .contains("timeout slow")
        .noneMatch(line -> line.startsWith("circuitbreaker"));
  }

  private List<String> read(Predicate<String> wanted) {
    return ReadLines.of(resilience, wanted);
  }
}
