package io.aragora.resilience.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.testing.MemoryQuotaStore;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/** A policy of every kind, each with calls of most outcomes. */
final class EveryKind {
  private EveryKind() {}

  static ResilienceBuilder builder(ManualTime time) {
    return Resilience.builder()
        .name("shop")
        .timeSource(time)
        .property("resilience.chaos.enabled", "true")
        .quotaStore(MemoryQuotaStore.create(time));
  }

  static void happens(Resilience resilience, ManualTime time, String name) {
    breakers(resilience, time, name);
    retries(resilience, time, name);
    admission(resilience, time, name);
    racesAndChaos(resilience, time, name);
    resilience
        .unregistered()
        .pipelineBuilder(name)
        .add(resilience.circuitBreaker(name))
        .build()
        .withFallback(Fallback.value("x"))
        .call(() -> "y");
    assertThat(kinds(resilience)).isEqualTo(declarable());
  }

  /** The kinds that the runtime shows, without fallbacks, which are no policies. */
  private static Set<String> kinds(Resilience resilience) {
    Set<String> kinds = new TreeSet<>();
    resilience.policies().read(new Readings() {
      @Override
      public void policy(String kind, String name) {
        kinds.add(kind);
      }

      @Override
      public void count(String what, String outcome, long value) {}

      @Override
      public void level(String what, double value) {}
    });
    assertThat(kinds.remove("fallback")).isTrue();
    return kinds;
  }

  /** The kinds that code can declare: a later one fails here until it happens above. */
  private static Set<String> declarable() {
    return Arrays.stream(Resilience.class.getMethods())
        .filter(method -> method.getParameterCount() == 2
            && method.getParameterTypes()[0] == String.class
            && method.getParameterTypes()[1].getSimpleName().endsWith("Config"))
        .map(Method::getReturnType)
        .map(type -> type.getSimpleName().toLowerCase(Locale.ROOT))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static void breakers(Resilience resilience, ManualTime time, String name) {
    CircuitBreakerConfig config = CircuitBreakerConfig.builder()
        .failureThreshold(1)
        .successThreshold(1)
        .throttle(2)
        .cooldown(Duration.ofSeconds(30))
        .build();
    CircuitBreaker breaker = resilience.circuitBreaker(name, config);
    breaker.run(() -> time.advance(Duration.ofMillis(40)));
    fail(breaker);
    assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
    time.advance(Duration.ofSeconds(30));
    breaker.run(() -> {});
    fail(resilience
        .keyedCircuitBreaker(name, KeyedCircuitBreakerConfig.of(config))
        .forKey("acme"));
  }

  private static void retries(Resilience resilience, ManualTime time, String name) {
    time.autoAdvance(true);
    assertThatThrownBy(() -> resilience
            .retry(
                name,
                c -> c.maxAttempts(2)
                    .backoff(Backoff.constant(Duration.ofMillis(1500)).withJitter(Jitter.NONE)))
            .run(() -> {
              throw new IOException("down");
            }))
        .isInstanceOf(IOException.class);
    resilience.retryBudget(name, RetryBudgetConfig.builder().shared().build());
    CompletableFuture<String> call =
        resilience.timeout(name, Duration.ofSeconds(5)).callAsync(CompletableFuture::new);
    time.advance(Duration.ofSeconds(6));
    assertThat(call).isCompletedExceptionally();
  }

  private static void admission(Resilience resilience, ManualTime time, String name) {
    Bulkhead one = resilience.bulkhead(
        name, c -> c.maxConcurrentCalls(1).maxWait(Duration.ofSeconds(2)).maxWaiting(1));
    CompletableFuture<String> running = new CompletableFuture<>();
    one.callAsync(() -> running);
    CompletableFuture<String> second = one.callAsync(() -> CompletableFuture.completedFuture("y"));
    assertThat(one.callAsync(() -> running)).isCompletedExceptionally();
    time.advance(Duration.ofMillis(150));
    running.complete("x");
    time.runPending();
    assertThat(second).isCompleted();
    resilience.concurrencyLimit(name).run(() -> {});
    RateLimiterConfig config =
        RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).burst(2).build();
    assertThat(resilience.rateLimiter(name, config).tryAcquire()).isTrue();
    resilience.keyedRateLimiter(name, KeyedRateLimiterConfig.of(config)).tryAcquire("acme");
    resilience.rateLimiter(
        name + "-fleet",
        RateLimiterConfig.smooth(1, Duration.ofSeconds(1)).shared().build());
  }

  private static void racesAndChaos(Resilience resilience, ManualTime time, String name) {
    CompletableFuture<String> slow = resilience
        .hedge(name, c -> c.delay(Duration.ofMillis(50)))
        .callAsync(() -> CallContext.current().isHedge()
            ? CompletableFuture.completedFuture("y")
            : new CompletableFuture<>());
    time.advance(Duration.ofMillis(60));
    assertThat(slow).isCompletedWithValue("y");
    Coalescer<String, String> coalescer = resilience.coalescer(name, c -> {});
    coalescer.call("k", () -> "v");
    resilience.chaos(name, c -> c.fail(100, () -> new IllegalStateException("x")));
    resilience.chaos().start(Duration.ofHours(1));
    assertThatThrownBy(() -> resilience.chaos(name).run(() -> {}))
        .isInstanceOf(IllegalStateException.class);
  }

  private static void fail(CircuitBreaker breaker) {
    assertThatThrownBy(() -> breaker.run(() -> {
          throw new IOException("down");
        }))
        .isInstanceOf(IOException.class);
  }
}
