package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResultPipeline;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
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
            "rejected  0",
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

  @Test
  void readings_ofABreaker_haveEveryNumber() {
    CircuitBreaker prices = resilience.circuitBreaker(
        "prices",
        CircuitBreakerConfig.builder()
            .noFailureThreshold()
            .failureRateThreshold(50)
            .minimumNumberOfCalls(100)
            .throttle(1.5)
            .build());
    for (int i = 0; i < 3; i++) {
      prices.recordSuccess(prices.acquirePermit());
    }
    prices.recordFailure(prices.acquirePermit(), new IOException("down"));
    prices.releasePermit(prices.acquirePermit());
    long late = prices.acquirePermit();

    assertThat(read("circuitbreaker"::equals))
        .containsExactly(
            "circuitbreaker prices",
            "calls failure 1",
            "calls ignored 1",
            "calls late 0",
            "calls rejected 0",
            "calls success 3",
            "slow_calls  0",
            "transitions  0",
            "throttled_calls  0",
            "throttle_share 0.0",
            "state 0.0",
            "failure_rate 0.25");

    prices.reset();
    prices.recordSuccess(late);
    assertThat(read("circuitbreaker"::equals))
        .contains("calls late 1", "calls success 4", "transitions  1", "failure_rate 0.0");
  }

  @Test
  void readings_ofAKeyedBreaker_areTheSumsOfItsKeys() {
    KeyedCircuitBreaker tenants = resilience.keyedCircuitBreaker(
        "tenants",
        settings -> settings
            .maxKeys(2)
            .breaker(CircuitBreakerConfig.builder().failureThreshold(2).build()));
    CircuitBreaker one = tenants.forKey("one");
    CircuitBreaker two = tenants.forKey("two");
    for (int i = 0; i < 3; i++) {
      one.recordSuccess(one.acquirePermit());
    }
    one.releasePermit(one.acquirePermit());
    long late = two.acquirePermit();
    for (int i = 0; i < 2; i++) {
      two.recordFailure(two.acquirePermit(), new IOException("down"));
    }
    two.recordSuccess(late);
    assertThat(two.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    assertThat(tenants.forKey("three")).isSameAs(tenants.overflow());

    assertThat(read("keyedcircuitbreaker"::equals))
        .containsExactly(
            "keyedcircuitbreaker tenants",
            "keys 2.0",
            "impaired_keys 1.0",
            "calls failure 2",
            "calls ignored 1",
            "calls late 1",
            "calls rejected 1",
            "calls success 4",
            "evictions  0",
            "overflows  1");
  }

  private List<String> read(Predicate<String> wanted) {
    return ReadLines.of(resilience, wanted);
  }

  @Test
  void readings_ofFallbacks_countThoseUsedAndFailed() {
    Fallback<String> stored = Fallback.of(failure -> {
      if (failure instanceof IllegalStateException) {
        throw new UnsupportedOperationException("no fallback either");
      }
      return "stored";
    });
    ResultPipeline<String> prices = resilience
        .pipeline("prices", p -> p.add(resilience.retry("once", c -> c.maxAttempts(1))))
        .withFallback(stored);
    for (Exception down :
        List.of(new IOException(), new IOException(), new IllegalStateException())) {
      catchThrowable(() -> prices.call(() -> {
        throw down;
      }));
    }

    assertThat(read("fallback"::equals))
        .containsExactly("fallback prices", "calls used 2", "calls failed 1");
    assertThat(read("retry"::equals)).doesNotContain("fallback prices");
  }

  @Test
  void readings_ofARetry_countTheAttemptsThatSucceed() {
    time.autoAdvance(true);
    Retry http = resilience.retry("http", settings -> settings.maxAttempts(3));
    http.run(() -> {});
    http.run(() -> {});
    AtomicInteger attempts = new AtomicInteger();
    http.call(() -> {
      if (attempts.incrementAndGet() == 1) {
        throw new UncheckedIOException(new IOException("down"));
      }
      return "up";
    });

    assertThat(read("retry"::equals))
        .contains("attempts.1 success 2", "attempts.1 failure 1", "attempts.2 success 1")
        .noneMatch(line -> line.startsWith("attempts.4"));
  }

  @Test
  void readings_ofABudget_haveItsLevel() {
    RetryBudget shared =
        resilience.retryBudget("shared", RetryBudgetConfig.builder().capacity(7).build());
    assertThat(shared.tryTake()).isTrue();

    assertThat(read("retrybudget"::equals))
        .containsExactly("retrybudget shared", "level 6.0", "capacity 7.0", "rejected  0");
  }
}
