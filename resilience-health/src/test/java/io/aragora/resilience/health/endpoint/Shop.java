package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A scripted runtime: an online shop some of whose dependencies fail. */
final class Shop {
  private static final CircuitBreakerConfig CONFIG = CircuitBreakerConfig.builder()
      .failureThreshold(5)
      .cooldown(Duration.ofSeconds(30))
      .build();

  private Shop() {}

  static void build(Resilience resilience, ManualTime time) {
    for (String name :
        List.of("catalogue", "fraud-check", "inventory", "mail", "payments", "search")) {
      resilience.circuitBreaker(name, CONFIG);
    }
    resilience.circuitBreaker("legacy-tax").forceOpen();
    resilience.circuitBreaker("recommendations").metricsOnly();
    KeyedCircuitBreaker tenants = resilience.keyedCircuitBreaker(
        "carrier", KeyedCircuitBreakerConfig.builder().breaker(CONFIG).build());
    for (String key : List.of("north-post", "quick-van", "parcel-bike")) {
      tenants.forKey(key);
    }
    resilience.retry(
        "carrier-client",
        RetryConfig.builder()
            .maxAttempts(3)
            .backoff(Backoff.constant(Duration.ZERO))
            .build());
    resilience.retry("payments-client", RetryConfig.builder().maxAttempts(2).build());
    resilience.timeout("payments-limit", Duration.ofSeconds(2));
    resilience.retryBudget("carrier-budget");
    resilience
        .health()
        .register(
            "database",
            () -> HealthResult.of(HealthStatus.DEGRADED, "replica lags 12 s"),
            HealthCheckOptions.defaults());
  }

  static void busy(Resilience resilience, ManualTime time, int seconds, Runnable eachSecond) {
    for (int second = 0; second < seconds; second++) {
      List<Answer> answers = new ArrayList<>();
      calls(answers, 12, resilience.circuitBreaker("catalogue"), 140 + wave(second, 30), 0);
      calls(
          answers,
          45,
          resilience.circuitBreaker("search"),
          80 + wave(second, 25),
          second % 7 == 0 ? 2 : 0);
      calls(answers, 8, resilience.circuitBreaker("inventory"), 35 + wave(second, 9), 0);
      calls(answers, 150, resilience.circuitBreaker("mail"), 6, second % 11 == 0 ? 1 : 0);
      calls(answers, 90, resilience.circuitBreaker("recommendations"), 20 + wave(second, 6), 3);
      calls(answers, 30, resilience.circuitBreaker("legacy-tax"), 4, 0);
      calls(
          answers,
          40 + Math.max(0, second - 28) * 9,
          resilience.circuitBreaker("payments"),
          second < 42 ? 55 + wave(second, 12) : 0,
          second < 42 ? 0 : 60);
      calls(
          answers,
          60 + second * 4,
          resilience.circuitBreaker("fraud-check"),
          second < 20 ? 18 : 0,
          second < 20 ? 0 : 18);
      CircuitBreaker bike =
          resilience.policies().keyedCircuitBreakers().iterator().next().forKey("parcel-bike");
      calls(answers, 70, bike, second < 30 ? 9 : 0, second < 30 ? 0 : 9);
      calls(
          answers,
          35,
          resilience.policies().keyedCircuitBreakers().iterator().next().forKey("quick-van"),
          12,
          0);
      for (int i = 0; i < 12; i++) {
        resilience.timeout("payments-limit").call(() -> "paid");
        resilience.retry("payments-client").call(() -> "paid");
      }
      deliver(resilience.retry("carrier-client"), second % 9 == 0);
      long begun = time.nanoTime();
      answers.sort(Comparator.comparing(Answer::after));
      for (Answer answer : answers) {
        time.advanceTo(begun + answer.after.toNanos());
        answer.call.complete(null);
      }
      time.advanceTo(begun + Duration.ofSeconds(1).toNanos());
      eachSecond.run();
    }
  }

  private static void deliver(Retry retry, boolean fails) {
    try {
      retry.run(() -> {
        if (fails) {
          throw new IOException("no route");
        }
      });
    } catch (IOException e) {
      assertThat(fails).isTrue(); // the picture shows that it gave up
    }
  }

  private static int wave(int second, int height) {
    return (int) (height * Math.sin(second / 4.0));
  }

  /** A call under way, and after what time its answer comes. */
  private record Answer(Duration after, CompletableFuture<Void> call) {}

  private static void calls(
      List<Answer> answers, int typicalMillis, CircuitBreaker breaker, int good, int bad) {
    for (int i = 0; i < bad; i++) {
      long permit = breaker.tryAcquirePermit();
      if (permit != CircuitBreaker.REJECTED) {
        breaker.recordFailure(permit, null);
      }
    }
    for (int i = 0; i < good; i++) {
      int percent = i % 12 == 0 ? 210 : 70 + 60 * i / good;
      CompletableFuture<Void> call = new CompletableFuture<>();
      answers.add(new Answer(Duration.ofMillis(typicalMillis * percent / 100), call));
      assertThat(breaker.callAsync(() -> call)).isNotNull();
    }
  }
}
