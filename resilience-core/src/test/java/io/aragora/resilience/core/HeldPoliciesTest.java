package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A policy that other code holds follows every change, also after its eviction. */
class HeldPoliciesTest {
  /** A kind whose policies are evicted when they are stale. */
  private record Kind<P>(
      String setting,
      String first,
      String second,
      Function<Resilience, P> look,
      ToIntFunction<Policies> prune,
      Function<P, Object> value) {
    Object valueOf(Object policy) {
      @SuppressWarnings("unchecked") // what look returned
      P own = (P) policy;
      return value.apply(own);
    }
  }

  private static final List<Kind<?>> KINDS = List.of(
      new Kind<CircuitBreaker>(
          "circuitbreaker.x.failureThreshold",
          "3",
          "4",
          r -> r.circuitBreaker("x"),
          Policies::pruneCircuitBreakers,
          p -> p.config().failureThreshold()),
      new Kind<Retry>(
          "retry.x.maxAttempts",
          "3",
          "4",
          r -> r.retry("x"),
          Policies::pruneRetries,
          p -> p.config().maxAttempts()),
      new Kind<Timeout>(
          "timeout.x.limit",
          "3s",
          "4s",
          r -> r.timeout("x"),
          Policies::pruneTimeouts,
          p -> p.config().limit().toSeconds()),
      new Kind<Bulkhead>(
          "bulkhead.x.maxConcurrentCalls",
          "3",
          "4",
          r -> r.bulkhead("x"),
          Policies::pruneBulkheads,
          p -> p.config().maxConcurrentCalls()),
      new Kind<ConcurrencyLimit>(
          "concurrencylimit.x.most",
          "30",
          "40",
          r -> r.concurrencyLimit("x"),
          Policies::pruneConcurrencyLimits,
          p -> p.config().most()),
      new Kind<RateLimiter>(
          "ratelimiter.x.limit",
          "3",
          "4",
          r -> r.rateLimiter("x", c -> c.limit(9).period(Duration.ofSeconds(1))),
          Policies::pruneRateLimiters,
          p -> p.config().limit()),
      new Kind<Hedge>(
          "hedge.x.delay",
          "3s",
          "4s",
          r -> r.hedge("x"),
          Policies::pruneHedges,
          p -> String.valueOf(p.config().delay())),
      new Kind<Coalescer<?, ?>>(
          "coalescer.x.maxFlights",
          "3",
          "4",
          r -> r.coalescer("x"),
          Policies::pruneCoalescers,
          p -> p.config().maxFlights()));

  private final ManualTime time = ManualTime.create();
  private final AtomicReference<ResilienceContext> context = new AtomicReference<>();
  private final Map<String, String> config = new HashMap<>();
  private Resilience resilience = Resilience.create();

  private void start() {
    resilience.close();
    resilience = Resilience.builder()
        .timeSource(time)
        .config(config)
        .extension(given -> {
          context.set(given);
          return () -> {};
        })
        .build();
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  /** Lets every policy become stale. Of some kinds, the first look notes the number of calls. */
  private int prune(Kind<?> kind) {
    int pruned = kind.prune.applyAsInt(resilience.policies());
    time.advance(Duration.ofDays(8));
    return pruned + kind.prune.applyAsInt(resilience.policies());
  }

  @Test
  @DisplayName("every kind that is pruned")
  void reconfigure_prunedAndHeld_follows() {
    for (Kind<?> kind : KINDS) {
      config.clear();
      config.put("resilience." + kind.setting, kind.first);
      start();
      Object held = kind.look.apply(resilience);
      Object before = kind.valueOf(held);
      assertThat(prune(kind)).as(kind.setting).isEqualTo(1);

      config.put("resilience." + kind.setting, kind.second);
      List<String> changed = resilience.reconfigure(config).changed();

      Object after = kind.valueOf(held);
      assertThat(changed).as(kind.setting).hasSize(1);
      assertThat(after).as(kind.setting).isNotEqualTo(before);
      assertThat(kind.look.apply(resilience)).as(kind.setting).isSameAs(held);
      assertThat(kind.valueOf(held)).as(kind.setting).isEqualTo(after);
    }
  }

  @Test
  @DisplayName("evicted policies whose settings no longer suffice keep theirs")
  void reconfigure_prunedWithoutSettings_keepsThem() {
    config.put("resilience.timeout.x.limit", "3s");
    start();
    Timeout held = resilience.timeout("x");
    resilience.policies().pruneTimeouts();
    time.advance(Duration.ofDays(8));
    assertThat(resilience.policies().pruneTimeouts()).isEqualTo(1);

    assertThat(resilience.reconfigure(Map.of()).kept()).containsExactly("timeout 'x'");

    assertThat(held.config().limit()).isEqualTo(Duration.ofSeconds(3));
  }

  private static RateLimiterConfig perHour(int limit) {
    return RateLimiterConfig.smooth(limit, Duration.ofHours(1)).build();
  }

  @Test
  @DisplayName("the policy of a key that was evicted")
  void reconfigure_evictedKey_follows() {
    start();
    KeyedRateLimiter keyed = resilience.keyedRateLimiter(
        "k", KeyedRateLimiterConfig.builder().limiter(perHour(1)).maxKeys(1).build());
    Policy held = keyed.forKey("a");
    held.call(() -> "the only one of this hour");
    time.advance(Duration.ofMinutes(10));
    keyed.tryAcquire("b");
    assertThat(keyed.evictions()).isEqualTo(1);

    keyed.reconfigure(perHour(3600));
    time.advance(Duration.ofSeconds(10));

    for (int i = 0; i < 8; i++) {
      assertThat(held.<String, RuntimeException>call(() -> "admitted")).isEqualTo("admitted");
    }
  }

  @Test
  @DisplayName("recorders of durations")
  void recordDurations_evicted_follows() {
    start();
    CircuitBreaker pruned = resilience.circuitBreaker("x");
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker("k", c -> c.maxKeys(1));
    CircuitBreaker evicted = keyed.forKey("a");
    time.advance(Duration.ofDays(8));
    keyed.forKey("b");
    assertThat(keyed.evictions()).isEqualTo(1);
    assertThat(resilience.policies().pruneCircuitBreakers()).isEqualTo(1);
    List<String> recorded = new ArrayList<>();
    DurationRecorder recorder = (kind, policy) -> nanos -> recorded.add(policy);

    context.get().recordDurations(recorder);
    pruned.call(() -> "call");
    evicted.call(() -> "call");

    assertThat(recorded).containsExactly("x", "k");
  }
}
